#include <nettle/aes.h>
#include <nettle/cmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <nettle/sha3.h>
#include <string.h>

/* Longest digest of any hash here: SHA-512 and SHA3-512. */
#define CNETTLE_LONGEST_DIGEST 64

/* What a key has become: for a hash its context after it has taken the key in, for CMAC the expanded key. */
union cnettle_state {
    struct md5_ctx md5;
    struct sha1_ctx sha1;
    struct sha256_ctx sha256;
    struct sha512_ctx sha512;
    struct sha3_224_ctx sha3_224;
    struct sha3_256_ctx sha3_256;
    struct sha3_384_ctx sha3_384;
    struct sha3_512_ctx sha3_512;
    struct aes128_ctx aes128;
    struct aes256_ctx aes256;
};

/* A symmetric key ready for use. */
struct cnettle_key {
    uint32_t identifier;
    const struct nettle_hash *hash; /* NULL for CMAC */
    nettle_cipher_func *encrypt;    /* NULL for a hash */
    struct cmac128_key subkeys;     /* CMAC only */
    union cnettle_state state;
};

static inline void cnettle_wipe(void *memory, size_t length) { explicit_bzero(memory, length); }

static inline void cnettle_set_hash(
    struct cnettle_key *key, const struct nettle_hash *hash, size_t length, const uint8_t *secret) {
    key->hash = hash;
    hash->init(&key->state);
    hash->update(&key->state, length, secret);
}

/* `secret` has 16 bytes. */
static inline void cnettle_set_aes128(struct cnettle_key *key, const uint8_t *secret) {
    key->encrypt = (nettle_cipher_func *)nettle_aes128_encrypt;
    nettle_aes128_set_encrypt_key(&key->state.aes128, secret);
    nettle_cmac128_set_key(&key->subkeys, &key->state, key->encrypt);
}

/* `secret` has 32 bytes. */
static inline void cnettle_set_aes256(struct cnettle_key *key, const uint8_t *secret) {
    key->encrypt = (nettle_cipher_func *)nettle_aes256_encrypt;
    nettle_aes256_set_encrypt_key(&key->state.aes256, secret);
    nettle_cmac128_set_key(&key->subkeys, &key->state, key->encrypt);
}

/* Writes the digest of key and message, CNETTLE_LONGEST_DIGEST bytes at most, and returns its length. What the stack
 * has seen of the key is wiped. */
static inline size_t cnettle_digest(
    const struct cnettle_key *key, size_t length, const uint8_t *message, uint8_t *digest) {
    if (key->hash) {
        union cnettle_state context;
        memcpy(&context, &key->state, key->hash->context_size);
        key->hash->update(&context, length, message);
        key->hash->digest(&context, key->hash->digest_size, digest);
        cnettle_wipe(&context, key->hash->context_size);
        return key->hash->digest_size;
    }
    struct cmac128_ctx context;
    nettle_cmac128_init(&context);
    nettle_cmac128_update(&context, &key->state, key->encrypt, length, message);
    nettle_cmac128_digest(&context, &key->subkeys, &key->state, key->encrypt, CMAC128_DIGEST_SIZE, digest);
    cnettle_wipe(&context, sizeof context);
    return CMAC128_DIGEST_SIZE;
}
