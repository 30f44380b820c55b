import { type KeyObject, sign } from 'node:crypto'

const SEQUENCE = 0x30

/**
 * A self-signed X.509 certificate (RFC 5280, DER) of ten years, for tokens that bring their own.
 * @param keys - RSA, P-256 or Ed25519.
 */
export function selfSignedCertificate(keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }): Buffer {
  const algorithm = ALGORITHMS[String(keys.publicKey.asymmetricKeyType)]
  if (algorithm === undefined) throw new TypeError('a certificate is made for an RSA, P-256 or Ed25519 key')
  const identifier = Buffer.from(algorithm, 'hex')
  const name = der(
    SEQUENCE,
    der(0x31, der(SEQUENCE, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('turnpike')))),
  )
  const body = der(
    SEQUENCE,
    der(0x02, Buffer.from([1])),
    identifier,
    name,
    der(SEQUENCE, utcTime('250101000000Z'), utcTime('350101000000Z')),
    name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
  )
  const digest = keys.publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const signature = sign(digest, body, keys.privateKey)
  return der(SEQUENCE, body, identifier, der(0x03, Buffer.from([0]), signature))
}

/** AlgorithmIdentifiers: sha256WithRSAEncryption, ecdsa-with-SHA256, Ed25519. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  rsa: '300d06092a864886f70d01010b0500',
  ec: '300a06082a8648ce3d040302',
  ed25519: '300506032b6570',
}

const utcTime = (text: string): Buffer => der(0x17, Buffer.from(text))

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}
