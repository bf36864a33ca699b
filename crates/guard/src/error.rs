//! Why a presented value is not accepted. No variant carries the value: it may be a secret.

/// What is wrong with a key, a token, a sealed value or a policy source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the key does not have the form ck_ followed by 38 letters and digits")]
    KeyForm,
    #[error("the key has a typing mistake: its last six characters do not match the rest")]
    KeyChecksum,
    #[error("the token does not have the form of one")]
    TokenForm,
    #[error("the stored password hash does not have the form of one made here")]
    PasswordForm,
    #[error("the stored hash is {0} bytes long, not 32")]
    HashLength(usize),
    #[error("the sealed value does not have the form v1.key.data")]
    SealForm,
    #[error("the value was sealed with key {key_id}, which is not among the keys at hand")]
    SealKey { key_id: String },
    #[error("the sealed value is damaged or belongs to another place")]
    SealDamaged,
    #[error("{0:?} is no role; the roles are admin, editor, author, moderator and viewer")]
    Role(String),
    #[error("{0:?} is no scope; the scopes are read, configure, write, judge, publish, operate and admin")]
    Scope(String),
    #[error("{0:?} cannot stand in a content security policy")]
    PolicySource(String),
}
