//! Applications: finding one, seeing what it is.

mod favourites;
mod gallery;
mod hostile;
mod one;
mod permitted;
