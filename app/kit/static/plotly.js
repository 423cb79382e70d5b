// plotly.js, fetched when a figure is first shown.
let loading = null;

// Gives the library; link: its address from Python (app/kit/plotly.py).
export function loadPlotly(link) {
  loading ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = link;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = null; // the next figure asks again
      script.remove();
      reject(new Error("plotly.js could not be fetched"));
    };
    document.head.append(script);
  });
  return loading;
}
