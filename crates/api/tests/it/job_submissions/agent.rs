mod active;
mod outlook;
mod pending;
mod rejected;
mod submitted;
mod update;
