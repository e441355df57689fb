const IV_BYTES = 12;
const BASE64URL = { alphabet: 'base64url' } as const;

/** AES-256-GCM under a key of its own for each use (HKDF, RFC 5869), so that neither secret alone opens anything. */
async function keyOf(secret: string, use: string): Promise<CryptoKey> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const base = await crypto.subtle.importKey('raw', bytes(secret), 'HKDF', false, ['deriveKey']);
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: bytes('seatkeeper seal'), info: bytes(use) };
  return crypto.subtle.deriveKey(hkdf, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** The text encrypted, as base64url. */
export async function seal(secret: string, use: string, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await keyOf(secret, use);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, new TextEncoder().encode(text));
  return iv.toBase64(BASE64URL) + new Uint8Array(sealed).toBase64(BASE64URL);
}

/**
 * The text that was sealed for the same use.
 * @throws if it was sealed with another secret, or isn't what was sealed
 */
export async function unseal(secret: string, use: string, sealed: string): Promise<string> {
  // 12 bytes are 16 digits of base64url, without padding.
  const iv = Uint8Array.fromBase64(sealed.slice(0, 16), BASE64URL);
  const data = Uint8Array.fromBase64(sealed.slice(16), BASE64URL);
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, await keyOf(secret, use), data);
  return new TextDecoder().decode(plain);
}
