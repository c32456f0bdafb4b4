mod facts;
mod lag;
mod status;
