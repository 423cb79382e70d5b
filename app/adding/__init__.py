"""What visitors add: pictures of their own, made a gallery that they alone see."""
