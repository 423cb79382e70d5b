"""The page: words and theme, the service that asks the library, views, and Gradio last."""
