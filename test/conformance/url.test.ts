import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Refusal } from '../../src/base/refusal.ts'
import { type OutboundTarget, parseTarget } from '../../src/guards/outbound/outbound-target.ts'

const VECTORS = process.env.VECTORS
const RULES = {
  hosts: 'public',
  ports: Array.from({ length: 65_535 }, (_, index) => index + 1),
  dangerouslyAllowPlainHttp: true,
} as const

interface UrlVector {
  readonly input: string
  readonly base?: string | null
  readonly failure?: boolean
  readonly href: string
  readonly origin?: string
  readonly host: string
  readonly username: string
  readonly password: string
  readonly hash: string
}

interface HostVector {
  readonly input: string
  readonly output: string | null
}

function read<T>(name: string): readonly T[] {
  const all = JSON.parse(readFileSync(join(VECTORS ?? '', 'wpt-url', 'tests', 'wpt', name), 'utf8')) as (T | string)[]
  return all.filter((entry): entry is T => typeof entry !== 'string')
}

/** Null where it is refused; anything but a refusal fails the test. */
function parsed(url: string): OutboundTarget | null {
  try {
    return parseTarget(url, RULES)
  } catch (error) {
    expect(error, url).toBeInstanceOf(Refusal)
    return null
  }
}

describe.skipIf(VECTORS === undefined)('WPT URL vectors (skipped without VECTORS)', () => {
  test.each([
    ['urltestdata.json', 50],
    ['ada_extra_urltestdata.json', 1],
    ['urltestdata-javascript-only.json', 0],
  ] as const)('%s: what is accepted is read as the standard reads it, the rest is refused', (name, atLeast) => {
    let accepted = 0
    // A vector may fail through its base alone; an outbound URL has none.
    const vectors = read<UrlVector>(name).filter(
      ({ base }) => base === undefined || base === null || URL.canParse(base),
    )
    for (const vector of vectors) {
      const target = parsed(vector.input)
      if (target === null) continue
      accepted++
      expect(vector.failure ?? false, vector.input).toBe(false)
      expect(`${target.origin}${target.path}`, vector.input).toBe(vector.href)
      expect([vector.username, vector.password, vector.hash], vector.input).toEqual(['', '', ''])
      expect(target.host, vector.input).toBe(new URL(vector.href).hostname.replace(/^\[|\]$/g, ''))
    }
    expect(vectors.length).toBeGreaterThan(0)
    expect(accepted).toBeGreaterThanOrEqual(atLeast)
  })

  test.each([
    ['toascii.json', 5],
    ['IdnaTestV2.json', 5],
  ] as const)('%s: a host that is accepted is the one that is dialled', (name, atLeast) => {
    let accepted = 0
    for (const vector of read<HostVector>(name)) {
      const target = parsed(`https://${vector.input}/x`)
      if (target === null) continue
      accepted++
      expect(target.host, vector.input).toBe(vector.output)
    }
    expect(accepted).toBeGreaterThanOrEqual(atLeast)
  })

  test('names too long for DNS are refused, names just short enough are not', () => {
    const vectors = read<{ readonly input: string; readonly message: string; readonly failure: boolean }>(
      'verifydnslength_tests.json',
    )
    expect(new Set(vectors.map(({ failure }) => failure))).toEqual(new Set([true, false]))
    for (const { input, message, failure } of vectors) {
      // A trailing dot is legal in DNS; we refuse it, since it makes two spellings of one host.
      expect(parsed(input) === null, message).toBe(failure || new URL(input).hostname.endsWith('.'))
    }
  })
})
