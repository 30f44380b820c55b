import { callsAddresses } from './calling-faults.ts'
import {
  believesClaims,
  type Cast,
  credentialInQuery,
  emptyCredential,
  endlessCredential,
  isAt,
  rewriting,
  takenForOwner,
} from './credential-faults.ts'
import { type Fault, headerOf, type Passed, type Passing } from './fault-proxy.ts'
import {
  answered,
  bareCookies,
  bodyKept,
  fieldAdded,
  fieldWhenAsked,
  headersOf,
  isBrokenJson,
  refusalTaken,
  sharedReplies,
} from './reply-faults.ts'

type Simulation = (cast: Cast) => Fault

const strangersIn: Simulation = (cast) => takenForOwner(cast, 'another user is taken for the owner')
const lowerIn: Simulation = (cast) => takenForOwner(cast, 'a lower caller is taken for one who may')

const keptWhole: Simulation = (cast) => bodyKept(cast)

const reflected: Simulation = () =>
  headersOf('every origin is let in, with credentials', (passing) => {
    const origin = headerOf(passing, 'origin')
    return origin === '' ? {} : { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' }
  })

const SPOOFED = /^(x-forwarded-for|forwarded|x-real-ip|true-client-ip|x-client-ip|cf-connecting-ip|x-originating-ip)$/i
const hasHeader = ({ headers }: Passing, name: RegExp): boolean => headers.some(([each]) => name.test(each))
const isRefused = ({ status }: Passed): boolean => status >= 400 && status < 500
const isLimited = ({ status }: Passed): boolean => status === 429

const STACK =
  'Error: failed\n    at readNote (/srv/app/src/notes.js:12:34)\n    at Layer.handle (/srv/app/node_modules/express/lib/router/layer.js:95:5)'

/**
 * The fault that an attack looks for, as far as one who stands between can make it from a sound API, by the attack's number. Only those are here
 * whose silence would mean that the attack is blind: a fault that has to be real (a write that counts twice, a query that is injected) is not.
 */
const SIMULATIONS: Readonly<Record<number, Simulation>> = {
  1: strangersIn,
  2: strangersIn,
  3: strangersIn,
  10: strangersIn,
  16: strangersIn,
  18: (cast) =>
    takenForOwner(cast, 'a header says whose tenant it is', (passing) =>
      hasHeader(passing, /tenant|org|workspace|account/i),
    ),
  21: (cast) => emptyCredential(cast, 'none'),
  22: (cast) => emptyCredential(cast, 'empty'),
  23: believesClaims,
  24: believesClaims,
  25: believesClaims,
  26: believesClaims,
  27: believesClaims,
  29: believesClaims,
  32: believesClaims,
  33: believesClaims,
  34: believesClaims,
  37: believesClaims,
  38: believesClaims,
  39: believesClaims,
  40: believesClaims,
  45: believesClaims,
  42: endlessCredential,
  43: endlessCredential,
  46: credentialInQuery,
  53: keptWhole,
  54: keptWhole,
  55: keptWhole,
  56: keptWhole,
  57: keptWhole,
  58: keptWhole,
  59: (cast) => bodyKept(cast, true),
  61: fieldAdded,
  62: fieldAdded,
  65: fieldWhenAsked,
  66: () => refusalTaken('no limit answers 429', isLimited),
  67: () => refusalTaken('a header says who is limited', isLimited, (given) => hasHeader(given, SPOOFED)),
  69: () =>
    headersOf('a limit does not say when it ends', () =>
      Object.fromEntries(
        ['Retry-After', 'RateLimit', 'RateLimit-Reset', 'X-RateLimit-Reset', 'RateLimit-Policy'].map((name) => [
          name,
          null,
        ]),
      ),
    ),
  71: () => refusalTaken('a body of any size is taken', isRefused, ({ body }) => body.length > 100_000),
  72: () =>
    answered(
      'deep JSON breaks the server',
      ({ body }) => /[[{]{500}|(?:\{"\w+":){500}/.test(body.toString('latin1')),
      500,
      '{"error":"failed"}',
    ),
  76: () =>
    refusalTaken('compressed bodies of any size are taken', isRefused, (given) =>
      hasHeader(given, /^content-encoding$/i),
    ),
  79: lowerIn,
  81: rewriting,
  82: (cast) => takenForOwner(cast, 'HEAD is not guarded', ({ method }) => method === 'HEAD'),
  84: rewriting,
  94: callsAddresses,
  95: callsAddresses,
  96: callsAddresses,
  97: callsAddresses,
  98: () =>
    answered(
      'the metadata service is called',
      names('169.254.169.254'),
      200,
      '{"title":"ami-id\\ninstance-id\\nplacement/\\npublic-keys/"}',
    ),
  99: () => answered('a file is opened', names('file:///etc/passwd'), 200, '{"title":"root:x:0:0:root:/root:/bin/sh"}'),
  100: callsAddresses,
  101: callsAddresses,
  102: reflected,
  103: reflected,
  105: () => headersOf('every origin may read', () => ({ 'Access-Control-Allow-Origin': '*' })),
  106: () => headersOf('answers may be kept by anybody', () => ({ 'Cache-Control': 'public, max-age=600' })),
  107: () =>
    headersOf('no security headers are sent', () =>
      Object.fromEntries(
        ['X-Content-Type-Options', 'Strict-Transport-Security', 'Content-Security-Policy', 'X-Frame-Options'].map(
          (name) => [name, null],
        ),
      ),
    ),
  108: bareCookies,
  109: () =>
    answered(
      'errors show where they came from',
      (_passing, { status }) => status >= 400,
      500,
      JSON.stringify({ error: STACK }),
    ),
  110: () => answered('broken JSON breaks the server', isBrokenJson, 500, '{"error":"failed"}'),
  111: () =>
    headersOf('the server names its version', () => ({
      Server: 'Apache/2.4.41 (Ubuntu)',
      'X-Powered-By': 'PHP/7.4.3',
    })),
  112: () =>
    answered(
      'TRACE is answered',
      ({ method }) => method === 'TRACE',
      200,
      ({ headers }) => headers.map((pair) => pair.join(': ')).join('\r\n'),
      'message/http',
    ),
  115: sharedReplies,
  122: () => headersOf('answers are of another type than declared', () => ({ 'Content-Type': 'text/x-other' })),
  126: callsAddresses,
  127: callsAddresses,
  129: (cast) =>
    refusalTaken(
      'deliveries are not verified',
      isRefused,
      (given) => isAt(cast, given) && !isBrokenJson(given) && given.body[0] === OBJECT,
    ),
  130: (cast) => refusalTaken('deliveries are taken again', isRefused, (given) => isAt(cast, given)),
}

/** How a JSON object begins. */
const OBJECT = 0x7b

/** Requests whose body or query names something. */
const names =
  (text: string) =>
  ({ target, body }: Passing): boolean =>
    body.includes(text) || target.includes(encodeURIComponent(text))

/** What simulates the fault of an attack; null where only the API itself could have it. */
export const simulationOf = (number: number): Simulation | null => SIMULATIONS[number] ?? null
