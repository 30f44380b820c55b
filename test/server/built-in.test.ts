import { type Api, anyone, api, endpoint, plain } from 'turnpike'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { billing } from '../../examples/billing/api.ts'
import { StoreError } from '../../src/base/store-error.ts'
import { review } from '../../src/contract/review/review.ts'
import { builtInEndpoints } from '../../src/server/built-in/built-in-endpoints.ts'
import { docsPage } from '../../src/server/docs/page.ts'
import { serve } from '../../src/server/index.ts'
import { memoryState } from '../../src/stores/memory.ts'
import { fakeIdentity } from '../support/fake-identity.ts'
import { notesApi } from './notes-api.ts'
import { ADMIN, ALICE, start } from './running.ts'

const VITALS = { ping: async () => {}, overload: () => null }
const builtIns = (of: Api) => builtInEndpoints(of, VITALS, async () => '')
const own = (published: boolean) => api({ title: 'Own', publicDocs: published, endpoints: [] })

describe('the built-in endpoints', () => {
  it.each([true, false])('pass the review (documentation published: %s)', (published) => {
    const { findings } = review(api({ title: 'Built in', endpoints: builtIns(own(published)) }))
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  })

  it('step back where the contract has the same route', async () => {
    const mine = endpoint('GET /health', {
      summary: 'Mine',
      access: anyone('a test'),
      limit: '10/minute',
      reply: plain(z.strictObject({ mine: z.boolean() }), 'nobody'),
      handle: () => ({ mine: true }),
    })
    const state = memoryState()
    const running = await serve(api({ title: 'Mine', endpoints: [mine] }), {
      state,
      identity: fakeIdentity,
      environment: 'test',
      port: 0,
      logLevel: 'silent',
    })
    expect(await (await fetch(`${running.url}/health`)).json()).toEqual({ mine: true })
    await running.close()
    await state.close()
  })

  it('/openapi.json is there only where the API publishes it', () => {
    expect(builtIns(own(true)).map(({ id }) => id)).toContain('GET /openapi.json')
    expect(builtIns(own(false)).map(({ id }) => id)).not.toContain('GET /openapi.json')
  })
})

describe('served', () => {
  let server: Awaited<ReturnType<typeof start>>
  let failing = false
  beforeAll(async () => {
    const state = memoryState()
    const ping = async () => {
      if (failing) throw new StoreError('the disk burns in rack 7')
      await state.ping()
    }
    server = await start({ state: { ...state, ping } })
  })
  afterAll(() => server.close())
  const get = (path: string, authorization?: string) =>
    fetch(server.running.url + path, { headers: authorization === undefined ? {} : { authorization } })

  it('/health says one word to anyone, and no reason', async () => {
    expect(await (await get('/health')).json()).toEqual({ status: 'ok' })
    failing = true
    const ill = await get('/health')
    const text = await ill.text()
    failing = false
    expect([ill.status, ill.headers.get('retry-after')]).toEqual([503, '1'])
    expect(text).not.toContain('rack')
  })

  it.each([
    ['/metrics', 'metrics:read'],
    ['/.well-known/turnpike/openapi.json', 'inventory:read'],
  ])('%s is never public', async (path, scope) => {
    const statuses = await Promise.all(
      [
        undefined,
        ALICE,
        'Bearer key-robot.acme.other~read',
        `Bearer key-robot.acme.${scope.replace(':', '~')}`,
        ADMIN,
      ].map(async (who) => (await get(path, who)).status),
    )
    expect(statuses).toEqual([401, 403, 403, 200, 403])
  })

  it('OpenAPI: the public document keeps the rules back, the full one has them', async () => {
    const [open, full] = await Promise.all([
      get('/openapi.json'),
      get('/.well-known/turnpike/openapi.json', 'Bearer key-robot.acme.inventory~read'),
    ])
    expect(open.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const [openText, fullText] = [await open.text(), await full.text()]
    expect(openText).not.toContain('x-turnpike')
    expect(JSON.parse(fullText)['x-turnpike'].version).toBe(1)
    const [openPaths, fullPaths] = [openText, fullText].map((text) => Object.keys(JSON.parse(text).paths))
    expect(fullPaths).toEqual(expect.arrayContaining(openPaths ?? []))
    // The server's own endpoints are part of the inventory.
    expect(fullPaths).toEqual(expect.arrayContaining(['/health', '/docs', '/.well-known/turnpike/openapi.json']))
  })

  it('/docs is a page under a strict policy, and so is its style', async () => {
    const page = await get('/docs')
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|script-src|https?:/)
    const style = await get('/docs/style.css')
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
    expect(await style.text()).not.toMatch(/@import|url\(/)
  })
})

describe.each([
  ['a small API', notesApi],
  ['the billing example', billing],
] as const)('the page of %s', (_name, contract) => {
  const builtIn = builtIns(contract)
  const page = docsPage(contract, builtIn)
  const all = [...contract.endpoints, ...builtIn]

  it('has no script, no inline style, nothing from another host', () => {
    expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:|@import/i)
    const loaded = [...page.matchAll(/\s(?:src|href)="([^"#][^"]*)"/g)].map((match) => match[1])
    for (const address of loaded) expect(address).toMatch(/^(?:\/docs\/style\.css|\/openapi\.json|data:,)$/)
  })

  it('is well-formed: every element is closed, every id is unique, every link inside the page has its end', () => {
    const open: string[] = []
    for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
      if (['meta', 'link'].includes(name)) continue
      if (slash === '/') expect(open.pop()).toBe(name)
      else open.push(name)
    }
    expect(open).toEqual([])
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1])
    expect(new Set(ids).size).toBe(ids.length)
    const targets = [...page.matchAll(/\s(?:href="#|aria-labelledby=")([^"]+)"/g)].map((match) => match[1])
    expect(targets.length).toBeGreaterThan(all.length)
    for (const target of targets) expect(ids).toContain(target)
  })

  it('has landmarks, a language, and one heading of the first rank', () => {
    for (const part of [
      '<html lang="en">',
      '<nav aria-label=',
      '<main id="content"',
      '<header>',
      '<footer>',
      'name="viewport"',
      'class="skip"',
    ])
      expect(page).toContain(part)
    expect(page.match(/<h1/g)).toHaveLength(1)
    // No rank is skipped.
    const ranks = [...page.matchAll(/<h([1-6])/g)].map((match) => Number(match[1]))
    ranks.forEach((rank, index) => {
      if (index > 0) expect(rank - (ranks[index - 1] as number)).toBeLessThanOrEqual(1)
    })
  })

  it('shows every endpoint with who may, its limit and its problems', () => {
    const articles = page.match(/<article id="[^"]*" aria-labelledby="[^"]*" class="endpoint">.*?<\/article>/gs) ?? []
    expect(articles).toHaveLength(all.length)
    for (const article of articles) {
      for (const part of ['<dt>Who may</dt>', '<dt>Limit</dt>', 'Reply', '<code title='])
        expect(article).toContain(part)
    }
    for (const { path } of all) expect(page).toContain(`<code>${path}</code>`)
  })

  it('no text is taken for markup', () => {
    expect(page).not.toContain('<b>&amp;</b>')
    expect(page).not.toContain('<script>alert')
  })
})

it('text from the contract is escaped', () => {
  const page = docsPage(notesApi, [])
  expect(page).toContain('Notes &lt;b&gt;&amp;amp;&lt;/b&gt; &quot;quotes&quot;')
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
})
