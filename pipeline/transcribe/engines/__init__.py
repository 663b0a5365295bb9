"""One module per recogniser; each is imported only when it is chosen."""
