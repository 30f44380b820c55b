import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSocket } from '../server/raw-socket.ts'
import { headerFault, internalsIn } from './attacks/api8.ts'
import { type CrsInput, payloadsOf, readCrsInputs } from './crs-inputs.ts'
import { closeDatabase, FAST, MAIN, startTarget, type Target } from './harness.ts'
import type { Answer } from './http-client.ts'

const { VECTORS } = process.env
const LIST = '/api/v1/invoices'
/** Thousands of requests on a machine that may be busy. */
const PATIENCE_MILLISECONDS = 240_000

/** What the rules under test let pass, and is refused for another reason. */
const TWO_READINGS = new Map([
  ['920290-2.0', 'the host is an escape'],
  ['920430-4.0', 'HTTP/2, spoken as text'],
  ['920620-1.0', 'two content types'],
  ['921140-1.0', 'a bare CR in a header'],
])

describe.skipIf(VECTORS === undefined)(
  'API8 texts of others (skipped without VECTORS: naughty strings and the Core Rule Set)',
  () => {
    const strings =
      VECTORS === undefined ? [] : (JSON.parse(readFileSync(join(VECTORS, 'blns', 'blns.json'), 'utf8')) as string[])
    const inputs = VECTORS === undefined ? [] : readCrsInputs(VECTORS)
    let database: Target
    let target: Target
    beforeAll(async () => {
      database = await startTarget(MAIN)
      target = await startTarget(FAST)
    })
    afterAll(async () => {
      await database.close()
      await closeDatabase()
      await target.close()
    })

    /** No failure, nothing internal, and nothing of the text outside JSON. */
    function expectSound(answer: Answer, text: string): void {
      expect(answer.status, `${answer.sent.method} ${answer.sent.target}: ${answer.text}`).toBeLessThan(500)
      expect(headerFault(answer)).toBe(null)
      expect(answer.headers['content-type'] ?? 'application/json').toMatch(/^application\/(problem\+)?json/)
      if (answer.status >= 400 && text.length > 12) expect(answer.text).not.toContain(text)
      if (answer.status >= 400) expect(internalsIn({ text: answer.text.replaceAll(text, '') })).toBe(null)
    }

    /** Whether the contract of an invoice's title takes it. */
    const isTitle = (text: string) =>
      wellFormed(text) === text && !text.includes('\0') && text.trim() !== '' && [...text.trim()].length <= 200

    /** Stores the text as a title; a text that is none is refused. */
    async function store(target: Target, text: string): Promise<string | null> {
      const made = await target.call(`POST ${LIST}`, { as: target.alice, body: { title: text, total: 1 } })
      expectSound(made, text)
      if (!isTitle(text)) {
        expect(made.status, JSON.stringify(text)).toBe(400)
        return null
      }
      expect(made.status, made.text).toBe(201)
      expect(made.json.title).toBe(text.trim())
      return made.json.id
    }

    it(
      '113 every naughty string that the contract takes comes back from the database as it was; the others are 400',
      async () => {
        expect(strings.length).toBeGreaterThan(500)
        expect(strings.filter(isTitle).length).toBeGreaterThan(480)
        const titles = new Map<string, string>()
        await inBatches(strings, async (text) => {
          const id = await store(database, text)
          if (id !== null) titles.set(id, text.trim())
        })
        const read = new Map<string, string>()
        for (let after: string | null = ''; after !== null; ) {
          const { json } = await database.call(`GET ${LIST}?limit=100${after && `&after=${after}`}`, {
            as: database.alice,
          })
          for (const { id, title } of json.items) read.set(id, title)
          after = json.next
        }
        for (const [id, title] of titles) expect(read.get(id)).toBe(title)
      },
      PATIENCE_MILLISECONDS,
    )

    it(
      '109 naughty strings in query, path and headers are 4xx and show nothing',
      async () => {
        await inBatches(strings, async (text) => {
          const spelled = encodeURIComponent(wellFormed(text))
          const printable = text.replaceAll(/[^\x20-\x7e]/g, '')
          const headers = { 'X-Anything': printable, Cookie: printable, Referer: printable }
          const answers = [
            await target.call(`GET ${LIST}?after=${spelled}`, { as: target.alice, headers }),
            await target.call(`GET ${LIST}/${spelled || 'x'}`, {
              headers: { ...headers, Authorization: `Bearer ${printable}` },
            }),
          ]
          for (const answer of answers) {
            expectSound(answer, text)
            expect(answer.status).toBeGreaterThanOrEqual(400)
          }
        })
      },
      PATIENCE_MILLISECONDS,
    )

    it(
      '113 payloads of the Core Rule Set are data: as a title they come back as they were, elsewhere they are refused',
      async () => {
        const payloads = [...new Set(inputs.filter(({ group }) => group !== 922).flatMap(payloadsOf))]
        expect(payloads.length).toBeGreaterThan(900)
        await inBatches(payloads, async (text) => {
          if (text.length > 2000) return
          await store(target, text)
          const asked = await target.call(`GET ${LIST}?after=${encodeURIComponent(wellFormed(text))}`, {
            as: target.alice,
          })
          expectSound(asked, text)
          expect(asked.status).toBe(400)
        })
      },
      PATIENCE_MILLISECONDS,
    )

    it('117 requests of the Core Rule Set, byte for byte, are served or refused, and never fail', async () => {
      const outcomes = new Map<CrsInput, number | 'closed'>()
      await inBatches(inputs, async (input) => {
        outcomes.set(input, await replay(target.port, input.bytes))
      })
      const failed = [...outcomes].filter(([, status]) => typeof status === 'number' && status >= 500 && status !== 501)
      expect(failed.map(([{ name }, status]) => `${name}: ${status}`)).toEqual([])
      const served = [...outcomes].filter(([, status]) => typeof status === 'number' && status < 400)
      expect(served.map(([{ name }]) => name)).toEqual([])
      expect((await target.call('GET /health')).status).toBe(200)
    })

    it('117 benign requests of the Core Rule Set are served where their path is there, but for four with two readings', async () => {
      const reads = inputs.filter(
        ({ benign, group, data, bytes }) =>
          benign && group !== 922 && data === '' && /^(?:GET|HEAD) /.test(bytes.toString('latin1')),
      )
      expect(reads.length).toBeGreaterThan(150)
      const refused: string[] = []
      await inBatches(reads, async ({ name, bytes, headers }) => {
        const moved = bytes.toString('latin1').replace(/^(\w+) \S+ /, '$1 /health ')
        const status = await replay(target.port, Buffer.from(moved, 'latin1'))
        // Whoever asks for HTML alone is told that there is none.
        if (status !== (takesJson(headers.Accept) ? 200 : 406)) refused.push(name)
      })
      expect(refused.sort()).toEqual([...TWO_READINGS.keys()])
    })
  },
)

async function inBatches<T>(list: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < list.length; at += 12) await Promise.all(list.slice(at, at + 12).map(act))
}

const takesJson = (accept = ''): boolean => accept.trim() === '' || /\*\/\*|application\/(?:json|\*)/.test(accept)

/** Lone surrogates as U+FFFD. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

/** The status of the first answer to these bytes, or that the connection was closed without one. */
async function replay(port: number, bytes: Buffer): Promise<number | 'closed'> {
  const raw = await openSocket(`http://127.0.0.1:${port}`)
  raw.socket.end(bytes)
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(await raw.closed())?.[1]
  return status === undefined ? 'closed' : Number(status)
}
