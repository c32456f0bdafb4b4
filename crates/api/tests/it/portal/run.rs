//! What is tested of these pages.
