mod active;
mod pending;
mod rejected;
mod submitted;
mod update;
