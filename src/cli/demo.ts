import pc from 'picocolors'
import type { Demo } from '../../examples/billing/server.ts'
import { StoreError } from '../base/store-error.ts'
import { StartupError } from '../gate.ts'

interface DemoChoice {
  readonly port?: string
  readonly data?: string
}

/** Serves the demo until a signal. Options win over `PORT`, `DATA` and `DEMO_PASSWORD`. */
export async function runDemo(choice: DemoChoice): Promise<number> {
  const { env } = process
  const port = choice.port ?? env['PORT'] ?? '3000'
  const folder = choice.data ?? env['DATA'] ?? './data'
  const password = env['DEMO_PASSWORD']
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return complain(`The port is "${port}"; it must be a whole number from 0 to 65535.`)
  const { startDemo } = await import('../../examples/billing/server.ts')
  try {
    const demo = await startDemo({
      folder,
      port: Number(port),
      ...(password === undefined ? {} : { password }),
      serve: { log: terminalLog, handleSignals: true, ownsState: true },
    })
    process.stdout.write(`${welcome(demo, folder)}\n`)
    return 0
  } catch (error) {
    if (error instanceof StartupError || error instanceof StoreError || error instanceof TypeError || error instanceof RangeError) return complain(error.message)
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return complain(`Port ${port} is taken. Choose another: PORT=3001 npm start`)
    throw error
  }
}

/** Private reasons and the way to more, for the developer; access lines would drown them here. */
const terminalLog = {
  info() {},
  warn: (_facts: object, message: string) => void process.stderr.write(`${message}\n`),
  error: (facts: object, message: string) => void process.stderr.write(`${message} ${JSON.stringify(facts)}\n`),
}

function welcome({ running, people }: Demo, folder: string): string {
  const { url } = running
  const lines = [`Billing listens on ${pc.bold(url)}, documented at ${url}/docs. Its data is in ${folder}.`, '']
  if (people.length > 0) {
    lines.push('These people were made now; their passwords are shown this once:')
    for (const { email, password } of people) lines.push(`  ${email.padEnd(18)} ${password}`)
  } else lines.push(`The people were made before; for new passwords remove ${folder} and start again.`)
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
    `  curl -s ${url}/api/v1/auth/register ${json} -d '{"name":"Eve","age":30,"email":"eve@example.com","password":"Secret-123","role":"admin"}'`,
    `  curl -s ${url}/api/v1/invoices/${invoice}/webhook-test ${json} -H "authorization: Bearer $ALICE" -d '{"url":"https://169.254.169.254/latest/meta-data"}'`,
  )
  return lines.join('\n')
}

function complain(message: string): number {
  process.stderr.write(`${pc.red('The demo does not start.')} ${message}\n`)
  return 2
}
