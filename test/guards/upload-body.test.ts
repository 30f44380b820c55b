import { upload } from 'turnpike'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../src/base/refusal.ts'
import { uploadBody } from '../../src/guards/upload-body.ts'

const images = upload({ types: ['image/png', 'image/jpeg', 'application/pdf', 'text/csv'], maxBytes: 1000 })
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0])
const CSV = Buffer.from('name,total\nalice,3\n')

const codeOf = (mediaType: string | undefined, bytes: Uint8Array): string => {
  try {
    return uploadBody(images, mediaType, bytes).mediaType
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error)
  }
}

describe('uploads', () => {
  it.each([
    ['image/png', PNG],
    ['image/jpeg', JPEG],
    ['application/pdf', Buffer.from('%PDF-1.7')],
    ['text/csv', CSV],
  ] as const)('takes %s whose bytes agree', (type, bytes) => {
    expect(uploadBody(images, type, bytes)).toEqual({ mediaType: type, bytes })
  })

  it.each([
    ['an unlisted type', 'image/gif', PNG, 'unsupported_media_type'],
    ['no type', undefined, PNG, 'unsupported_media_type'],
    ['a type in other letters', 'IMAGE/PNG', PNG, 'unsupported_media_type'],
    ['another type than the bytes say', 'image/png', JPEG, 'invalid_input'],
    ['bytes that are cut off', 'image/png', PNG.subarray(0, 4), 'invalid_input'],
    ['nothing', 'image/jpeg', Buffer.alloc(0), 'invalid_input'],
    ['text that is no UTF-8', 'text/csv', Buffer.from([0xff, 0xfe, 0x41]), 'invalid_input'],
    ['text with NUL', 'text/csv', Buffer.from('a\u0000b'), 'invalid_input'],
    ['a script that calls itself an image', 'image/png', Buffer.from('<script>alert(1)</script>'), 'invalid_input'],
  ] as const)('refuses %s', (_what, type, bytes, code) => {
    expect(codeOf(type, bytes)).toBe(code)
  })

  it('hands on no file name, whatever the client says (lesson 20)', () => {
    const form = '--x\r\nContent-Disposition: form-data; name="f"; filename="../../etc/passwd"\r\n\r\nroot\r\n--x--\r\n'
    expect(codeOf('multipart/form-data', Buffer.from(form))).toBe('unsupported_media_type')
    expect(Object.keys(uploadBody(images, 'text/csv', CSV)).sort()).toEqual(['bytes', 'mediaType'])
  })
})
