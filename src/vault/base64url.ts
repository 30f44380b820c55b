/** Decodes the one canonical, unpadded spelling (RFC 4648 section 5); null for any other, so that two texts never mean the same bytes. */
export function fromBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
