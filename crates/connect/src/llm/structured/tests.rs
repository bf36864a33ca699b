mod corpus;
mod damage;
mod reading;
mod schema;
