"""The library for people who write code: a gallery is opened, searched, taught and grown."""
