import { leavesOf } from './pointer.ts'

const NAME = /^[-_]*(?:x[-_]?)?(?:csrf|xsrf)[-_]?(?:token)?$/i

/**
 * What a page's script sends back with each request, where a login hands out a token against forged requests in a cookie
 * (double submit) or in its reply. Without it every write would be refused for a reason that has nothing to do with who asks.
 */
export function csrfHeaders(
  cookies: Readonly<Record<string, string>>,
  reply: unknown,
): readonly (readonly [name: string, value: string])[] {
  for (const [name, value] of Object.entries(cookies))
    if (NAME.test(name)) return [[/xsrf/i.test(name) ? 'X-XSRF-TOKEN' : 'X-CSRF-Token', value]]
  for (const { at, value } of leavesOf(reply))
    if (typeof value === 'string' && value !== '' && NAME.test(at.split('/').at(-1) ?? ''))
      return [['X-CSRF-Token', value]]
  return []
}
