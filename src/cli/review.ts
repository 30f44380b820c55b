import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { parseDocumentText } from '../contract/from-openapi/parse-document.ts'
import { reviewDocument } from '../contract/review/foreign/review-document.ts'
import { formatReview, review } from '../contract/review/review.ts'
import { readFacts } from '../server/recorded-facts.ts'
import { readDependencies } from './dependencies.ts'
import { loadApi } from './load-api.ts'
import { terminalPaint } from './terminal-paint.ts'
import { WrongUse, wrongUse } from './wrong-use.ts'

export interface ReviewOptions {
  readonly json?: boolean
  readonly strict?: boolean
  readonly audit?: boolean
  /** Folder of a server that ran: its settings, layers and identity are judged too. */
  readonly data?: string
}

/** `turnpike review`. @returns 0 without errors (with `strict`: nor warnings), 1 with, 2 when it could not be read. */
export async function runReview(
  file: string,
  { json = false, strict = false, audit = false, data = './data' }: ReviewOptions,
): Promise<number> {
  try {
    const result = DOCUMENTS.includes(extname(file)) ? await ofDocument(file) : await reviewModule(file, audit, data)
    const paint = terminalPaint()
    process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : formatReview(result, paint ? { paint } : {}))
    return result.counts.error > 0 || (strict && result.counts.warning > 0) ? 1 : 0
  } catch (error) {
    return wrongUse(error)
  }
}

/** Reviews a module with what is known of its surroundings, and says on standard error where that is from. */
export async function reviewModule(file: string, audit: boolean, data: string) {
  const { api, surroundings } = await loadApi(file)
  const dependencies = await readDependencies(process.cwd(), audit)
  const runtime = { node: process.version, now: new Date() }
  const found = await readFacts(data)
  const recorded = found?.title === api.title ? found : null
  const facts = recorded && { settings: recorded.settings, layers: recorded.layers, identity: recorded.identity }
  process.stderr.write(
    recorded
      ? `Settings, layers and identity as the server on ${data} had them at its start, ${recorded.recordedAt}.\n`
      : `${found ? `The server on ${data} served another API (${found.title})` : `No server has run on ${data}`}: settings, layers and identity are not judged. Start it once, or name its folder with --data.\n`,
  )
  return review(api, { ...facts, ...surroundings, runtime, ...(dependencies === undefined ? {} : { dependencies }) })
}

const DOCUMENTS = ['.json', '.yaml', '.yml']

async function ofDocument(file: string) {
  try {
    return reviewDocument(parseDocumentText(await readFile(file, 'utf8'), 'it'))
  } catch (error) {
    throw new WrongUse(`"${file}" cannot be reviewed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
