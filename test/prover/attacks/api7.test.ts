import { describe, expect, it } from 'vitest'
import { API7 } from '../../../src/prover/attacks/api7/api7.ts'
import { blindTiming } from '../../../src/prover/attacks/api7/blind-timing.ts'
import { confusedUrl } from '../../../src/prover/attacks/api7/confused-url.ts'
import { encodedAddress } from '../../../src/prover/attacks/api7/encoded-address.ts'
import { loopbackAddress } from '../../../src/prover/attacks/api7/loopback-address.ts'
import { metadataAddress } from '../../../src/prover/attacks/api7/metadata-address.ts'
import { otherSchemes } from '../../../src/prover/attacks/api7/other-schemes.ts'
import { rebindingName } from '../../../src/prover/attacks/api7/rebinding-name.ts'
import { redirectInwards } from '../../../src/prover/attacks/api7/redirect-inwards.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import {
  anySchemeFetch,
  boundedFetch,
  type FetchingParts,
  fetchingDocument,
  fetchingNotes,
  onlyPublic,
  plainFetch,
} from '../fixtures/fetching-notes.ts'
import { startNotes } from '../fixtures/notes-api.ts'
import { type RunOptions, runAttacks } from '../fixtures/run-attack.ts'

const document = fetchingDocument('import')
const anything = () => null
/** Judges the text of the URL, not what it leads to. */
const byText =
  (...forbidden: readonly string[]) =>
  (url: string) =>
    forbidden.some((each) => url.startsWith(`http://${each}`)) ? 'not a public address' : null

describeAttack({
  attack: loopbackAddress,
  document,
  vulnerable: fetchingNotes({ guard: anything, fetcher: plainFetch }),
  fixed: fetchingNotes(),
})

describeAttack({
  attack: loopbackAddress,
  name: 'stored first, called by a test of it',
  document: fetchingDocument('webhook'),
  vulnerable: fetchingNotes({ guard: anything }),
  fixed: fetchingNotes(),
})

describeAttack({
  attack: encodedAddress,
  document,
  vulnerable: fetchingNotes({ guard: byText('127.', 'localhost', '[::1]', '0.') }),
  fixed: fetchingNotes(),
})

describeAttack({
  attack: confusedUrl,
  document,
  vulnerable: fetchingNotes({
    // The beginning of the text is taken for the host.
    guard: (url) => (url.startsWith('http://allowed.invalid') ? null : 'not an allowed host'),
    fetcher: (url, body) => plainFetch(url.replace(/^http:\/\/[^@]*@/, 'http://'), body),
  }),
  fixed: fetchingNotes(),
})

/** 127.0.0.2 stands for an address outside, 127.0.0.1 for one inside. */
const onlyFirstHop = async (url: string) => (url.startsWith('http://127.0.0.2:') ? null : onlyPublic(url))
async function everyHop(url: string, body: string | null): Promise<string> {
  const answer = await fetch(url, { redirect: 'manual' })
  const next = answer.headers.get('location')
  if (next === null) return answer.text()
  if ((await onlyFirstHop(next)) !== null) throw new RangeError('inwards')
  return everyHop(next, body)
}

describeAttack({
  attack: redirectInwards,
  document,
  callback: '127.0.0.2',
  vulnerable: fetchingNotes({ guard: onlyFirstHop, fetcher: plainFetch }),
  fixed: fetchingNotes({ guard: onlyFirstHop, fetcher: everyHop }),
})

describeAttack({
  attack: metadataAddress,
  document,
  vulnerable: fetchingNotes({
    guard: anything,
    // As the service of a cloud would answer it.
    fetcher: async (url, body) =>
      url.includes('169.254.169.254')
        ? JSON.stringify({ title: 'ami-id\ninstance-id\nplacement/\npublic-keys/' })
        : boundedFetch(url, body),
  }),
  fixed: fetchingNotes(),
})

describeAttack({
  attack: otherSchemes,
  name: 'file',
  document,
  vulnerable: fetchingNotes({
    guard: anything,
    fetcher: anySchemeFetch,
    imported: (text) => ({ ...JSON.parse(text), text: '' }),
  }),
  fixed: fetchingNotes(),
})

describeAttack({
  attack: otherSchemes,
  name: 'gopher',
  document,
  vulnerable: fetchingNotes({
    guard: (url) => (url.startsWith('file:') ? 'no files' : null),
    fetcher: anySchemeFetch,
  }),
  fixed: fetchingNotes(),
})

describeAttack({
  attack: rebindingName,
  document,
  vulnerable: fetchingNotes({ guard: byText('127.', 'localhost:', '[', '0') }),
  fixed: fetchingNotes(),
})

describeAttack({
  attack: blindTiming,
  document,
  vulnerable: fetchingNotes({ guard: anything }),
  fixed: fetchingNotes(),
})

async function outcomes(parts: FetchingParts, options: RunOptions = {}) {
  const server = await startNotes(fetchingNotes(parts))
  try {
    return await runAttacks([loopbackAddress, redirectInwards, rebindingName], server.url, { document, ...options })
  } finally {
    await server.close()
  }
}

describe('addresses that callers give: what is not reported', () => {
  it('one that is stored and never called is not tested, rather than held', async () => {
    const stored = fetchingDocument('webhook', { '/settings/webhook/test': {} })
    const server = await startNotes(fetchingNotes({ guard: anything }))
    try {
      const { results } = await runAttacks([loopbackAddress], server.url, { document: stored })
      expect(results.map(({ outcome }) => outcome)).toEqual(['not-tested'])
      expect(results[0]?.why).toMatch(/nothing shows that it is ever called/)
    } finally {
      await server.close()
    }
  })

  it('one that the API plays back is no call', async () => {
    const { counts } = await outcomes({ guard: (url) => `${url} is no public address` })
    expect(counts.fail).toBe(0)
  })

  it('a redirect needs a listener that the API calls', async () => {
    const { results } = await outcomes({})
    const redirect = results.find(({ attack }) => attack === redirectInwards.id)
    expect(redirect).toMatchObject({ outcome: 'not-tested' })
    expect(redirect?.why).toMatch(/--callback/)
  })

  it('an operation that refuses everything proves nothing', async () => {
    const { results } = await outcomes({ guard: () => 'out of order' })
    const loopback = results.find(({ attack }) => attack === loopbackAddress.id)
    expect(loopback).toMatchObject({ outcome: 'not-tested' })
    expect(loopback?.why).toMatch(/say one that works/)
  })

  it('an owner who may not either proves nothing', async () => {
    const server = await startNotes({
      ...fetchingNotes({}),
      routes: (app) =>
        void app.post('/notes/import', (_request, response) => void response.status(403).json({ error: 'no' })),
    })
    try {
      const { results } = await runAttacks([loopbackAddress], server.url, { document })
      expect(results.map(({ outcome }) => outcome)).toEqual(['inconclusive'])
    } finally {
      await server.close()
    }
  })

  it('a target that is limited all along proves nothing', async () => {
    const server = await startNotes({
      ...fetchingNotes({}),
      routes: (app) =>
        void app.post('/notes/import', (_request, response) => void response.status(429).set('Retry-After', '0').end()),
    })
    try {
      const { counts } = await runAttacks([loopbackAddress], server.url, { document })
      expect(counts).toMatchObject({ pass: 0, fail: 0 })
    } finally {
      await server.close()
    }
  })

  it('an API that takes no address has no case', async () => {
    const server = await startNotes()
    try {
      const { results } = await runAttacks(API7, server.url)
      expect(results).toEqual([])
    } finally {
      await server.close()
    }
  })
})
