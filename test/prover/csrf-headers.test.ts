import { expect, it } from 'vitest'
import { csrfHeaders } from '../../src/prover/csrf-headers.ts'

it.each([
  [{ 'XSRF-TOKEN': 'a', sid: 'b' }, {}, [['X-XSRF-TOKEN', 'a']]],
  [{ csrf_token: 'a' }, {}, [['X-CSRF-Token', 'a']]],
  [{ sid: 'b' }, { data: { csrfToken: 'c' } }, [['X-CSRF-Token', 'c']]],
  [{ sid: 'b' }, { token: 'd', csrf: '' }, []],
  [{}, undefined, []],
])('cookies %j and reply %j', (cookies, reply, headers) => {
  expect(csrfHeaders(cookies as Record<string, string>, reply)).toEqual(headers)
})
