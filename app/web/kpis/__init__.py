"""The telephone system's figures as the console shows them."""
