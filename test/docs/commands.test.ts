import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { runCli } from '../../src/cli/program.ts'

const ROOT = new URL('../../', import.meta.url)
const pages = [
  'README.md',
  '.github/workflows/ci.yml',
  ...readdirSync(new URL('docs/', ROOT)).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]

interface Told {
  readonly page: string
  /** `prove retest`. */
  readonly command: string
  readonly options: readonly string[]
}

/** Every line that calls the command, outside of prose: its options have to be there. */
const told: readonly Told[] = pages.flatMap((page) =>
  [
    ...readFileSync(new URL(page, ROOT), 'utf8').matchAll(
      /(?:turnpike|cli\/main\.js) (prove (?:report|retest|accept|token)|keys (?:list|rotate|retire)|audit verify|[a-z]+)((?: [^\n`|#]*)?)/g,
    ),
  ].map(([, command = '', rest = '']) => ({ page, command, options: rest.match(/(?<= )--[a-z][a-z-]*/g) ?? [] })),
)

async function helpOf(command: string): Promise<string> {
  let text = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((given) => {
    text += String(given)
    return true
  })
  await runCli([...command.split(' '), '--help'])
  vi.restoreAllMocks()
  return text
}

describe('commands in the docs', () => {
  const withOptions = told.filter(({ options }) => options.length > 0)

  it('are found', () => {
    expect(withOptions.length).toBeGreaterThan(20)
  })

  it.each([...new Set(withOptions.map(({ command }) => command))])(
    'turnpike %s has the options that pages name',
    async (command) => {
      const help = await helpOf(command)
      const missing = withOptions
        .filter((each) => each.command === command)
        .flatMap(({ page, options }) =>
          options
            .filter((option) => !new RegExp(`(?:^|\\s)${option}(?:\\s|$)`, 'm').test(help))
            .map((option) => `${page}: ${option}`),
        )
      expect(missing).toEqual([])
    },
  )

  it('link to pages and sections that there are', () => {
    const broken = pages.flatMap((page) => {
      const text = readFileSync(new URL(page, ROOT), 'utf8')
      return [...text.matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].flatMap(([, link = '']) => {
        const [path = '', section] = link.split('#')
        const target = new URL(path, new URL(page, ROOT))
        const isThere =
          existsSync(target) && (section === undefined || anchorsOf(readFileSync(target, 'utf8')).has(section))
        return isThere ? [] : [`${page}: ${link}`]
      })
    })
    expect(broken).toEqual([])
  })
})

/** Anchors of headings, as code hosts make them. */
const anchorsOf = (page: string): ReadonlySet<string> =>
  new Set(
    [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )
