"""What several tabs are made of: the page's pieces, its colours, its address."""
