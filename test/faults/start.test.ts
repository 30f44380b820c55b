import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, type RunningDemo, startDemoProcess, turnpike } from '../support/demo-process.ts'
import { call } from './client.ts'
import { logIn } from './traffic.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'turnpike-start-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A start that must fail. */
const refusedStart = (env: Readonly<Record<string, string>>): Promise<Ended> =>
  turnpike(['demo'], { PORT: '0', DATA: join(root, 'never'), ...env }).ended

/** Every file with its size, time and content. */
function photograph(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(folder, name)
      const found = statSync(path)
      const content = found.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
      return `${name} ${found.mode} ${found.isFile() ? `${found.size} ${found.mtimeMs}` : ''} ${content}`
    })
}

describe('a running demo', { timeout: 120_000 }, () => {
  let demo: RunningDemo
  let data: string
  beforeAll(async () => {
    data = join(root, 'data')
    demo = await startDemoProcess(data)
  }, 120_000)
  afterAll(() => demo?.signal('SIGKILL'))

  it('a second process on the folder is refused, and the first lives on', async () => {
    const second = await refusedStart({ DATA: data })
    expect(second).toMatchObject({ code: 2, stdout: '' })
    expect(second.stderr).toContain(`the data folder is in use by process ${demo.pid}: end it first.`)
    const { accessToken } = await logIn(demo.url, 'bob@example.com')
    const body = { title: 'After the second process', total: 1 }
    expect(await call(demo.url, 'POST /api/v1/invoices', { token: accessToken, body })).toMatchObject({ status: 201 })
  })

  it('its port cannot be had twice', async () => {
    const { port } = new URL(demo.url)
    const second = await refusedStart({ PORT: port, DATA: join(root, 'second') })
    expect(second).toMatchObject({ code: 2, stdout: '' })
    expect(second.stderr).toContain(`Port ${port} is taken. Choose another: PORT=3001 npm start`)
  })

  it('prints the private reason of a refusal, and a command that explains it', async () => {
    const { accessToken } = await logIn(demo.url, 'alice@example.com')
    const body = { title: 'x', total: 1, '\u001b]0;forged\u0007': true }
    const refused = await call(demo.url, 'POST /api/v1/invoices', { token: accessToken, body })
    expect(refused).toMatchObject({ status: 400, json: { code: 'invalid_input' } })
    const { stderr } = demo.printed()
    expect(stderr).toMatch(/refused at step "input": \/body\/.*forged/)
    expect(stderr).toContain(`turnpike explain ${refused.requestId} --data ${data}\n`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not reach the terminal.
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
    const [, command] = new RegExp(`turnpike (explain ${refused.requestId} .+)\n`).exec(stderr) ?? []
    const explained = await turnpike((command as string).split(' ')).ended
    expect(explained).toMatchObject({ code: 0, stderr: '' })
    expect(explained.stdout).toContain('Refused at step "input" with 400 invalid_input: /body/')
  })

  it('SIGTERM: a request half sent is served, then the process ends with 0', async () => {
    const { accessToken } = await logIn(demo.url, 'alice@example.com')
    const body = JSON.stringify({ title: 'Sent in two halves', total: 2 })
    const head = [
      'POST /api/v1/invoices HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${accessToken}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      // The server's 100 says that it has taken the request up.
      'Expect: 100-continue',
    ]
    const { port } = new URL(demo.url)
    const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8')
    let received = ''
    socket.on('data', (text: string) => {
      received += text
    })
    const closed = new Promise((done) => socket.once('close', done))
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`)
    while (!received.includes('100 Continue')) await sleep(10)
    demo.signal('SIGTERM')
    while (await answers(Number(port))) await sleep(10)
    socket.write(body.slice(10))
    await closed
    expect(received).toMatch(/HTTP\/1\.1 201 Created\r\n[\s\S]*"title":"Sent in two halves"/)
    expect(await demo.ended).toMatchObject({ code: 0, signal: null })
  })

  it('a damaged folder is refused and stays as it is', async () => {
    const damaged = join(root, 'damaged')
    cpSync(data, damaged, { recursive: true, preserveTimestamps: true })
    truncateSync(join(damaged, 'postgres/global/pg_control'), 100)
    const before = photograph(damaged)
    const ended = await refusedStart({ DATA: damaged })
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(`the data folder ${join(damaged, 'postgres')} is damaged (global/pg_control`)
    expect(ended.stderr).toContain('It was left as it is: restore it from a backup, or name another folder')
    expect(photograph(damaged)).toEqual(before)
  })
})

/** Whether anybody takes a new connection. */
function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
    socket.once('connect', () => socket.destroy())
  })
}

describe('a start with settings that cannot be', { timeout: 120_000 }, () => {
  it.each<[string, Record<string, string>, string]>([
    ['a port in letters', { PORT: 'abc' }, 'The port is "abc"; it must be a whole number from 0 to 65535.'],
    ['a port too high', { PORT: '65536' }, 'The port is "65536"; it must be a whole number from 0 to 65535.'],
    ['no port', { PORT: '' }, 'The port is ""; it must be a whole number from 0 to 65535.'],
    ['no folder', { DATA: '' }, 'DATA is empty; name a folder'],
  ])('%s', async (_, env, message) => {
    const ended = await refusedStart(env)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr.startsWith(`The demo does not start. ${message}`), ended.stderr).toBe(true)
    expect(readdirSync(root)).not.toContain('never')
  })

  it('a file where the folder should be', async () => {
    const file = join(root, 'file')
    writeFileSync(file, 'kept')
    const ended = await refusedStart({ DATA: file })
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(`the data folder ${file} cannot be made or is no folder`)
    expect(readFileSync(file, 'utf8')).toBe('kept')
  })

  it.each<[string, string]>([
    [
      '',
      'must have at least 8 characters, must have an upper case letter, must have a digit, must have a special character',
    ],
    ['Secret-123', 'is too easy to guess'],
  ])('DEMO_PASSWORD "%s"', async (password, message) => {
    const ended = await refusedStart({ DEMO_PASSWORD: password, DATA: join(root, 'weak') })
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(`The demo does not start. DEMO_PASSWORD ${message}. Choose another`)
  })

  it('a folder whose first start failed is as good as new', async () => {
    const demo = await startDemoProcess(join(root, 'weak'))
    expect(demo.printed().stdout).toContain('These people were made now')
    demo.signal('SIGTERM')
    expect(await demo.ended).toMatchObject({ code: 0 })
  })
})
