import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone, signedIn } from '../../src/contract/access.ts'
import { api } from '../../src/contract/api.ts'
import { endpoint } from '../../src/contract/endpoint.ts'
import { nothing, plain } from '../../src/contract/reply.ts'
import type { ReplyHeadersConfig } from '../../src/contract/reply-headers.ts'
import { smallGate } from '../support/small-gate.ts'

const open = (headers: ReplyHeadersConfig, access = anyone('it is for everybody')) =>
  endpoint('GET /v1/news', {
    summary: 'Read the news',
    access,
    limit: '1/minute',
    headers,
    reply: plain(z.strictObject({ text: z.string().max(10) }), 'everybody’s'),
    handle: () => ({ text: 'none' }),
  })

describe('headers that an endpoint declares', () => {
  it('go with its success and with no refusal', async () => {
    const on = await smallGate({}, {}, api({ title: 'News', endpoints: [open({ publicForSeconds: 300 })] }))
    expect((await on.call('GET /v1/news')).headers['cache-control']).toBe('public, max-age=300')
    const refused = await on.call('GET /v1/news')
    expect([refused.status, refused.headers['cache-control']]).toEqual([429, 'no-store'])
  })

  it('clear what a browser holds after the logout alone, not at a preflight', async () => {
    const leave = endpoint('POST /v1/leave', {
      summary: 'Leave',
      body: nothing,
      access: anyone('whoever is here may leave'),
      limit: '5/minute',
      headers: { clearSiteData: true },
      reply: nothing,
      handle: () => undefined,
    })
    const origin = 'https://app.example'
    const on = await smallGate({}, { origins: [origin] }, api({ title: 'Leave', endpoints: [leave] }))
    const headers = { origin, 'access-control-request-method': 'POST' }
    expect((await on.call('OPTIONS /v1/leave', { headers })).headers).not.toHaveProperty('clear-site-data')
    expect((await on.call('POST /v1/leave')).headers['clear-site-data']).toBe('"cache", "cookies", "storage"')
  })

  it.each([
    ['an unknown name', { 'x-powered-by': 'us' }, 'unknown key "x-powered-by"'],
    ['no time', { publicForSeconds: 0 }, 'from 1 to 86400'],
    ['more than a day', { publicForSeconds: 86_401 }, 'from 1 to 86400'],
    ['half a second', { publicForSeconds: 0.5 }, 'from 1 to 86400'],
    ['a text', { clearSiteData: '"cache"' }, 'must be true'],
  ])('refuse %s', (_, headers, fault) => {
    expect(open(headers as ReplyHeadersConfig).faults.join()).toContain(fault)
  })

  it('refuse a public cache for what is not public', () => {
    expect(open({ publicForSeconds: 60 }, signedIn).faults.join()).toContain('not for anyone()')
    expect(open({ publicForSeconds: 60 }).faults).toEqual([])
  })
})
