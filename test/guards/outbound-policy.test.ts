import { expect, test } from 'vitest'
import { parseOutboundPolicy } from '../../src/guards/outbound/outbound-policy.ts'

test('the defaults are closed', () => {
  expect(parseOutboundPolicy({ hosts: 'public' })).toEqual({
    hosts: 'public',
    ports: [443],
    dangerouslyAllowPlainHttp: false,
    dangerouslyAllowLoopback: false,
    maxBytes: 1_048_576,
    timeoutMs: 10_000,
    maxRedirects: 0,
    maxConcurrent: 16,
    mediaTypes: ['application/json'],
  })
  expect(parseOutboundPolicy({ hosts: [] }).hosts).toEqual([])
  expect(parseOutboundPolicy({ hosts: 'public', dangerouslyAllowPlainHttp: true }).ports).toEqual([443, 80])
  expect(parseOutboundPolicy({ hosts: ['https://api.example.com:8443'] }).ports).toEqual([443, 8443])
})

test('a policy is frozen and leaves its input alone', () => {
  const hosts = ['https://api.example.com']
  const policy = parseOutboundPolicy({ hosts })
  hosts.push('https://evil.example.com')
  expect(policy.hosts).toEqual(['https://api.example.com'])
  expect(Object.isFrozen(policy) && Object.isFrozen(policy.hosts) && Object.isFrozen(policy.ports)).toBe(true)
})

test('every fault is named at once', () => {
  const wrong = {
    hosts: ['https://api.example.com/path', 'http://api.example.com', 'https://localhost', 7],
    ports: [0],
    timeoutMs: '5',
    maxBytes: -1,
    maxRedirects: 6,
    maxConcurrent: Number.NaN,
    mediaTypes: ['text/html'],
    dangerouslyAllowLoopback: 'yes',
    redirects: 3,
  }
  const message = (() => {
    try {
      return JSON.stringify(parseOutboundPolicy(wrong))
    } catch (error) {
      return error instanceof TypeError ? error.message : String(error)
    }
  })()
  expect(
    message
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(':')))
      .sort(),
  ).toEqual([
    'outbound.dangerouslyAllowLoopback',
    'outbound.hosts[0]',
    'outbound.hosts[0]',
    'outbound.hosts[1]',
    'outbound.hosts[3]',
    'outbound.maxBytes',
    'outbound.maxConcurrent',
    'outbound.maxRedirects',
    'outbound.mediaTypes',
    'outbound.ports',
    'outbound.redirects',
    'outbound.timeoutMs',
  ])
  expect(message).toContain('plain HTTP is not allowed')
  expect(message).toContain('"localhost"')
})

test.each([
  null,
  undefined,
  'public',
  [],
  {},
  { hosts: 'PUBLIC' },
  { hosts: null },
  { hosts: { 0: 'https://a.example' } },
])('%j is no policy', (input) => expect(() => parseOutboundPolicy(input)).toThrow(TypeError))

test.each([
  'https://API.example.com',
  'https://api.example.com:443',
  'https://api.example.com/',
  'https://user@api.example.com',
  'api.example.com',
  '*',
  'null',
])('%s is no exact origin', (host) => expect(() => parseOutboundPolicy({ hosts: [host] })).toThrow(/exact origin/))
