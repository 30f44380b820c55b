import { Refusal } from '../base/refusal.ts'
import type { Upload, UploadedFile, UploadType } from '../contract/body.ts'

/** First bytes of the types that have some; the others are checked to be what they say below. */
const MAGIC: Readonly<Partial<Record<UploadType, readonly number[]>>> = {
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  'image/jpeg': [0xff, 0xd8, 0xff],
  'application/pdf': [0x25, 0x50, 0x44, 0x46, 0x2d],
}

/** Step 7 for files: a listed media type whose bytes agree with it (ASVS 5.2.2). No file name is read at all (lesson: client file names). */
export function uploadBody(upload: Upload, mediaType: string | undefined, bytes: Uint8Array): UploadedFile {
  const type = upload.types.find((each) => each === mediaType)
  if (type === undefined) throw new Refusal('unsupported_media_type', { headers: { accept: upload.types.join(', ') } })
  const magic = MAGIC[type]
  if (magic && !magic.every((byte, index) => bytes[index] === byte))
    throw new Refusal('invalid_input', { faults: [{ at: '/body', message: `is no ${type}` }] })
  if (type === 'text/csv' && !isText(bytes))
    throw new Refusal('invalid_input', { faults: [{ at: '/body', message: 'is no UTF-8 text' }] })
  return { mediaType: type, bytes }
}

function isText(bytes: Uint8Array): boolean {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(bytes).includes('\u0000')
  } catch {
    return false
  }
}
