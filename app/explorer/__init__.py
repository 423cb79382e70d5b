"""What is open behind the page: opening, preparing, uploads, scenes."""
