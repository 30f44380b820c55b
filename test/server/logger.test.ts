import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { isLogLevel } from '../../src/server/logger.ts'

const logger = fileURLToPath(new URL('../../src/server/logger.ts', import.meta.url))

it('writes JSON lines to standard output, without what is called like a secret', () => {
  const facts = {
    authorization: 's3cret',
    cookie: 's3cret',
    password: 's3cret',
    token: 's3cret',
    body: { refreshToken: 's3cret', accessToken: 's3cret' },
    kept: 'yes',
  }
  const source = `import(${JSON.stringify(logger)}).then(({ createLogger }) => { const log = createLogger('warn'); log.info({}, 'too low'); log.warn(${JSON.stringify(facts)}, 'seen') })`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--conditions=source', '--input-type=module', '-e', source],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  expect(stdout).not.toContain('s3cret')
  const [line, ...others] = stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))
  expect(others).toEqual([])
  expect(line).toMatchObject({ level: 40, msg: 'seen', kept: 'yes', password: '[redacted]' })
  expect(Number.isNaN(Date.parse(line.time))).toBe(false)
})

it('knows its levels', () => {
  expect(['trace', 'info', 'silent', 'loud', '', 'toString'].map(isLogLevel)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})
