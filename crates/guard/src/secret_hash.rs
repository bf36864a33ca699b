//! A stored SHA-256 that is compared in constant time.

/// Declares a hash type; keys and sessions each get their own, so that one cannot pass for the other.
macro_rules! secret_hash {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub struct $name([u8; 32]);

        impl $name {
            fn of(secret: &str) -> Self {
                use sha2::Digest as _;
                $name(sha2::Sha256::digest(secret.as_bytes()).into())
            }

            /// The hash as 64 hexadecimal digits, to store as text.
            pub fn to_hex(&self) -> String {
                self.0.iter().map(|byte| format!("{byte:02x}")).collect()
            }

            /// The 32 bytes to store.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = $crate::Error;

            /// Reads 32 stored bytes back.
            fn try_from(stored: &[u8]) -> Result<Self, $crate::Error> {
                stored.try_into().map($name).map_err(|_| $crate::Error::HashLength(stored.len()))
            }
        }

        impl PartialEq for $name {
            /// Takes the same time wherever the two differ.
            fn eq(&self, other: &Self) -> bool {
                use subtle::ConstantTimeEq as _;
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    };
}

pub(crate) use secret_hash;
