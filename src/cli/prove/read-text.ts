import { readFile, stat } from 'node:fs/promises'
import { WrongUse } from '../wrong-use.ts'

/** The text of a file that was named. @throws {WrongUse} When it cannot be read. */
export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new WrongUse(`"${path}" cannot be read (${error.code ?? error.message})`, { cause: error })
  })
}

export const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() === true
