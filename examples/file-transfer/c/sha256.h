/* SHA-256 (FIPS 180-4). */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK = 64, SHA256_HEX = 64 };

struct sha256 {
    uint32_t state[8];
    uint64_t length;                   /* bytes hashed so far */
    unsigned char block[SHA256_BLOCK]; /* the beginning of the next block */
};

void sha256_init(struct sha256* hash);
void sha256_update(struct sha256* hash, const void* data, size_t length);
/* Writes the digest as lower-case hexadecimal text and a NUL. */
void sha256_final(struct sha256* hash, char hex[SHA256_HEX + 1]);

#endif
