"""Gradio's own controls in the page's colours and its font, which Gradio serves itself."""

from __future__ import annotations

import gradio as gr

from app.kit.theme import DARK, FONT, LIGHT

__all__ = ["gradio_theme"]


def gradio_theme() -> gr.themes.Base:
    """A theme whose colours are the page's variables, so that light and dark follow them."""
    # Gradio 6.31's SemiBold file lacks most letters, so a weight of 600 is drawn with Bold.
    font = gr.themes.LocalFont(FONT, weights=(400, 700))
    mono = gr.themes.LocalFont("IBM Plex Mono", weights=(400,))
    theme = gr.themes.Base(
        font=[font, "system-ui", "sans-serif"],
        font_mono=[mono, "ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
    )
    colours = {
        "body_text_color": "ink",
        "body_text_color_subdued": "quiet",
        "background_fill_primary": "panel",
        "background_fill_secondary": "ground",
        "border_color_primary": "line",
        "border_color_accent": "accent",
        "color_accent": "accent",
        "color_accent_soft": "accent-soft",
        "block_background_fill": "panel",
        "block_border_color": "line",
        "block_label_background_fill": "panel",
        "block_label_text_color": "quiet",
        "block_title_text_color": "quiet",
        "block_info_text_color": "quiet",
        "input_background_fill": "panel",
        "input_background_fill_focus": "panel",
        "input_border_color": "edge",
        "input_border_color_focus": "accent",
        "input_placeholder_color": "quiet",
        "button_primary_background_fill": "accent",
        "button_primary_background_fill_hover": "accent",
        "button_primary_text_color": "on-accent",
        "button_primary_text_color_hover": "on-accent",
        "button_secondary_background_fill": "panel",
        "button_secondary_background_fill_hover": "raised",
        "button_secondary_border_color": "edge",
        "button_secondary_text_color": "ink",
        "slider_color": "accent",
        "link_text_color": "accent",
        "link_text_color_hover": "accent",
        "checkbox_background_color_selected": "accent",
        "checkbox_border_color": "edge",
        "table_border_color": "line",
        "table_even_background_fill": "panel",
        "table_odd_background_fill": "ground",
    }
    values = {name: f"var(--{colour})" for name, colour in colours.items()}
    known = vars(theme)
    values |= {f"{name}_dark": value for name, value in values.items() if f"{name}_dark" in known}
    return theme.set(
        **values,
        body_background_fill=LIGHT["ground"],
        body_background_fill_dark=DARK["ground"],
        block_shadow="none",
        block_border_width="0px",
        button_primary_shadow="none",
    )
