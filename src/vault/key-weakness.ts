export const KEY_BYTES = 32

/**
 * Why these bytes are no random 256-bit key; null when nothing speaks against it.
 * Refuses fewer than one random key in 10^7, and nearly everything that people type.
 */
export function keyWeakness(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString('base64url')
  if (bytes.byteLength === 0) return 'is missing'
  if (/change.?me|secret|password|default|example|placeholder|your.?key/i.test(text)) return 'is a placeholder'
  if (bytes.byteLength !== KEY_BYTES) return `has ${bytes.byteLength * 8} bits, not 256`
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return 'is text, not random bytes'
  if (new Set(bytes).size < 16) return 'repeats too few bytes to be random'
  const steps = new Set(bytes.subarray(1).map((byte, index) => byte - (bytes[index] ?? 0)))
  return steps.size < 10 ? 'counts in regular steps' : null
}
