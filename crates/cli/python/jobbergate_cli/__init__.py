"""What workflow files import, as far as the program that runs them does not do it itself."""
