"""Every sentence that a visitor reads, a file a tab: a translation is one such folder."""
