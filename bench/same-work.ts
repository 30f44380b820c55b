import { isDeepStrictEqual } from 'node:util'
import { type Contender, type Invoice, type Running, SECURITY_HEADERS } from './contenders/contender.ts'

type Listening = Pick<Running, 'port' | 'calls' | 'stranger'>

/**
 * That a contender does the work that the others do: the owner gets the same invoice, nobody 401, another person 404 (and so does a wrong
 * token, a malformed id and an invoice that never was), with the same headers.
 * @returns What differs; nothing when all is as it should be.
 */
export async function differences(
  contender: Contender,
  { port, calls, stranger }: Listening,
): Promise<readonly string[]> {
  const [own] = calls
  if (!own) return [`${contender.name} names no request`]
  const found: string[] = []
  const expect = (what: string, given: unknown, wanted: unknown) => {
    if (!isDeepStrictEqual(given, wanted))
      found.push(`${contender.name}, ${what}: ${String(given)} instead of ${String(wanted)}`)
  }
  const get = (path: string, token: string | null) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      headers: {
        accept: 'application/json',
        connection: 'close',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
    })
  const reply = await get(own.path, own.token)
  expect('status for the owner', reply.status, 200)
  const body = (await reply.json()) as Invoice
  expect('members of the body', Object.keys(body).join(), FIELDS)
  expect('id in the body', body.id, own.path.split('/').at(-1))
  if (!contender.guarded) return found
  for (const [name, wanted] of Object.entries(SECURITY_HEADERS)) {
    const value = reply.headers.get(name) ?? ''
    if (typeof wanted === 'string') expect(name, value, wanted)
    else if (!wanted.test(value)) found.push(`${contender.name}, ${name}: "${value}" does not match ${wanted}`)
  }
  if (![...reply.headers.keys()].some((name) => name.startsWith('ratelimit')))
    found.push(`${contender.name} says nothing of its limit`)
  const status = async (path: string, token: string | null) => {
    const { status: given, body: unread } = await get(path, token)
    await unread?.cancel()
    return given
  }
  const never = own.path.replace(/[^/]+$/, 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa')
  expect('status without a token', await status(own.path, null), 401)
  expect('status with a changed signature', await status(own.path, changed(own.token ?? '')), 401)
  expect('status for another person', await status(own.path, stranger), 404)
  expect('status for an invoice that never was', await status(never, own.token), 404)
  return found
}

const FIELDS = 'id,userId,tenantId,title,total,currency,status,cardNumber,createdAt'

/** The same token with one character of its signature changed. */
function changed(token: string): string {
  const at = token.lastIndexOf('.') + 10
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
}
