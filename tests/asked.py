"""What the tests ask of every endpoint."""

QUERY = "a white plane on the grass"
ENDPOINTS = {
    "/search_text": {"text": QUERY},
    "/rerank": {"text": QUERY},
    "/neighbors": {"scene": "scene_0001.png"},
    "/attention": {"scene": "scene_0001.png"},
}
