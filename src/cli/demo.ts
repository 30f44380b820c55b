import pc from 'picocolors'
import type { Demo } from '../../examples/billing/server.ts'
import { Refusal } from '../base/refusal.ts'
import { StoreError } from '../base/store-error.ts'
import { StartupError } from '../gate.ts'

const DEFAULT_FOLDER = './data'

interface DemoChoice {
  readonly port?: string
  readonly data?: string
}

/** Serves the demo until a signal. Options win over `PORT`, `DATA` and `DEMO_PASSWORD`. */
export async function runDemo(choice: DemoChoice): Promise<number> {
  const { env } = process
  const port = choice.port ?? env['PORT'] ?? '3000'
  const folder = choice.data ?? env['DATA'] ?? DEFAULT_FOLDER
  const password = env['DEMO_PASSWORD']
  if (folder === ':memory:') return complain('The demo keeps keys beside its data; name a folder.')
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    return complain(`The port is "${port}"; it must be a whole number from 0 to 65535.`)
  if (folder === '') return complain('DATA is empty; name a folder for the data, or leave DATA out.')
  const { startDemo } = await import('../../examples/billing/server.ts')
  try {
    const demo = await startDemo({
      folder,
      port: Number(port),
      ...(password === undefined ? {} : { password }),
      serve: { log: terminalLog(folder), handleSignals: true, ownsState: true },
    })
    process.stdout.write(`${welcome(demo, folder)}\n`)
    return 0
  } catch (error) {
    const reason = reasonOf(error, port)
    if (reason === null) throw error
    return complain(reason)
  }
}

/** What to tell whoever started it. Null for what is a fault of ours. */
function reasonOf(error: unknown, port: string): string | null {
  if (
    error instanceof StartupError ||
    error instanceof StoreError ||
    error instanceof TypeError ||
    error instanceof RangeError
  )
    return error.message
  // The people of the demo are constant but for their password.
  if (error instanceof Refusal && error.code === 'invalid_input')
    return `DEMO_PASSWORD ${[...new Set(error.faults.map(({ message }) => message))].join(', ')}. Choose another, or leave it out for random ones.`
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken. Choose another: PORT=3001 npm start`
    case 'EACCES':
      return `${(error as Error).message}. Choose another port with PORT, or another folder with DATA.`
    default:
      return null
  }
}

/** Private reasons and the way to more, for the developer; access lines would drown them here. */
const terminalLog = (folder: string) => ({
  info() {},
  warn: (_facts: object, message: string) => void process.stderr.write(`${withFolder(printable(message), folder)}\n`),
  error: (facts: object, message: string) =>
    void process.stderr.write(`${printable(`${message} ${JSON.stringify(facts)}`)}\n`),
})

/** The explain command as it can be pasted: it looks into ./data by itself. */
function withFolder(message: string, folder: string): string {
  return folder === DEFAULT_FOLDER ? message : message.replace(/turnpike explain \S+$/, `$& --data ${quoted(folder)}`)
}

const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** A reason may hold what a stranger sent; control characters would reach the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·')
}

function welcome({ running, people }: Demo, folder: string): string {
  const { url } = running
  const lines = [
    `Billing listens on ${paint(process.stdout).bold(url)}, documented at ${url}/docs. Its data is in ${folder}.`,
    '',
  ]
  if (people.length > 0) {
    lines.push('These people were made now; their passwords are shown this once:')
    for (const { email, password } of people) lines.push(`  ${email.padEnd(18)} ${password}`)
  } else
    lines.push(
      `The people were made before, with the passwords of then (DEMO_PASSWORD counts at the first start); for new ones remove ${folder} and start again.`,
    )
  const [alice] = people
  const invoice = alice?.invoices[0] ?? '<id of an invoice of alice>'
  const json = `-H 'content-type: application/json'`
  const login = (email: string) =>
    `$(curl -s ${url}/api/v1/auth/login ${json} -d '{"email":"${email}","password":"${people.find((person) => person.email === email)?.password ?? '<password>'}"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`
  lines.push(
    '',
    'Five lines to try:',
    `  ALICE=${login('alice@example.com')}; BOB=${login('bob@example.com')}`,
    `  curl -s ${url}/api/v1/invoices -H "authorization: Bearer $ALICE"`,
    `  curl -s ${url}/api/v1/invoices/${invoice} -H "authorization: Bearer $BOB"     # the 404 of an invoice that never was`,
    `  curl -s ${url}/api/v1/auth/register ${json} -d '{"name":"Eve","age":30,"email":"eve@example.com","password":"Violet-42-Kite","role":"admin"}'`,
    `  curl -s ${url}/api/v1/invoices/${invoice}/webhook-test ${json} -H "authorization: Bearer $ALICE" -d '{"url":"https://169.254.169.254/latest/meta-data"}'`,
  )
  return lines.join('\n')
}

function complain(message: string): number {
  process.stderr.write(`${paint(process.stderr).red('The demo does not start.')} ${printable(message)}\n`)
  return 2
}

/** Colours only on a terminal. */
const paint = (stream: NodeJS.WriteStream) => pc.createColors(stream.isTTY === true && pc.isColorSupported)
