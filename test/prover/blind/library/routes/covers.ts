import { randomBytes } from 'node:crypto'
import type { Router } from 'express'
import { fetch } from 'undici'
import { z } from 'zod'
import { actorOf, signedIn } from '../auth.ts'
import { invalid, limiter, notFound, readBody, route, textParam } from '../http.ts'
import type { Context } from '../model.ts'

const coverBody = z.strictObject({
  cover: z.strictObject({ bookId: z.int().min(1).max(999_999_999), url: z.string().min(10).max(500) }),
})

const imageHosts = ['covers.openlibrary.org', 'images.library.example']
const maxBytes = 1_000_000

/** The kind of image, told by its first bytes: what the other side says of it does not count. */
function imageType(data: Buffer): string | undefined {
  if (data.subarray(0, 8).toString('hex') === '89504e470d0a1a0a') return 'image/png'
  if (data.subarray(0, 3).toString('hex') === 'ffd8ff') return 'image/jpeg'
  if (data.subarray(0, 4).toString() === 'RIFF' && data.subarray(8, 12).toString() === 'WEBP') return 'image/webp'
  return undefined
}

function allowedImageUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) throw invalid('url', 'is not a URL')
  const plain = url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === ''
  if (!plain || !imageHosts.includes(url.hostname)) throw invalid('url', 'must be https at a host we take covers from')
  return url
}

function webUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid('url', 'is not a URL')
  return url
}

async function download(url: URL, redirect: 'error' | 'follow'): Promise<Buffer> {
  try {
    const response = await fetch(url, { redirect, signal: AbortSignal.timeout(3000) })
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body ?? []) {
      size += chunk.length
      if (size > maxBytes) throw new Error('is too large')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch {
    throw invalid('url', 'could not be fetched')
  }
}

export function coverRoutes(router: Router, context: Context): void {
  const { store, faults } = context

  route(router, '/covers', {
    post: [
      signedIn(context),
      limiter({ limit: 15, minutes: 1, key: (_req, res) => actorOf(res).id }),
      async (req, res) => {
        const { cover: given } = readBody(req, coverBody)
        const book = store.books.get(given.bookId)
        if (book === undefined) throw notFound('book')
        const open = faults.has('F23')
        const url = open ? webUrl(given.url) : allowedImageUrl(given.url)
        const data = await download(url, open ? 'follow' : 'error')
        const contentType = imageType(data)
        if (contentType === undefined) throw invalid('url', 'does not lead to an image')
        const id = randomBytes(10).toString('hex')
        store.covers.set(id, { id, bookId: book.id, contentType, data })
        const oldest = store.covers.keys().next().value
        if (store.covers.size > 40 && oldest !== undefined) store.covers.delete(oldest)
        book.coverId = id
        res.status(201).json({ cover: { id, bookId: book.id, contentType, size: data.length } })
      },
    ],
  })

  route(router, '/covers/:coverId', {
    get: [
      (req, res) => {
        const cover = store.covers.get(textParam(req, 'coverId'))
        if (cover === undefined) throw notFound('cover')
        res.set('Cache-Control', 'public, max-age=3600')
        res.type(cover.contentType).send(cover.data)
      },
    ],
  })
}
