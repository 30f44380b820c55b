import type { Answer } from '../../engine/exchange.ts'
import { isErrorBody } from '../../success.ts'

interface Sign {
  readonly what: string
  readonly pattern: RegExp
}

/** What only a program's own words have in them. */
const SIGNS: readonly Sign[] = [
  {
    what: 'a stack of Node.js',
    pattern: /(\\n|\n)[ \t]{1,8}at [^\n]{1,200}?(file:\/\/|node:|\/|[A-Z]:\\+)[^\n]{1,200}?:\d+:\d+\)?/,
  },
  {
    what: 'a stack of Python',
    pattern: /Traceback \(most recent call last\)|File \\?"[^"\n]{1,200}\\?", line \d+, in /,
  },
  {
    what: 'a stack of Java',
    pattern:
      /\bat [\w$.]{3,200}\(\w{1,80}\.(java|kt|scala):\d+\)|\b(java|javax|jakarta|org\.springframework|org\.hibernate)\.[\w.]{2,120}Exception\b/,
  },
  {
    what: 'a stack of .NET',
    pattern: /\bat [\w.`<>]{3,200}\([^)\n]{0,200}\) in [^\n]{1,200}:line \d+|\bSystem\.[\w.]{0,80}Exception\b/,
  },
  {
    what: 'a stack of PHP',
    pattern:
      /\b(Fatal error|Warning|Notice|Parse error)(<\/b>)?: [^\n]{1,300}\.php\b|Stack trace:(\\n|\s){1,4}#0 |#\d+ [^\n]{1,200}\.php\(\d+\)/,
  },
  { what: 'a stack of Ruby', pattern: /\.rb:\d+:in [`'‘]/ },
  { what: 'a stack of Go', pattern: /\bgoroutine \d+ \[running\]|\.go:\d+ \+0x[0-9a-f]+/ },
  { what: 'a panic of Rust', pattern: /thread '[^'\n]{1,80}' panicked at / },
  {
    what: 'an error of SQLite',
    pattern:
      /SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE)|SqliteError|near \\?"[^"\n]{0,80}\\?": syntax error|unrecognized token: |no such (column|table): /,
  },
  {
    what: 'an error of PostgreSQL',
    pattern:
      /syntax error at or near |unterminated quoted string at or near|invalid input syntax for (type )?(uuid|integer|bigint|numeric|boolean|timestamp|json)|relation \\?"[\w.]{1,80}\\?" does not exist|column \\?"?[\w.]{1,80}\\?"? does not exist|violates (foreign key|unique|not-null|check) constraint|\bPG::\w{1,60}/,
  },
  {
    what: 'an error of MySQL',
    pattern:
      /You have an error in your SQL syntax|\bER_(PARSE_ERROR|BAD_FIELD_ERROR|NO_SUCH_TABLE|DUP_ENTRY|TRUNCATED_WRONG_VALUE)|Unknown column '[^'\n]{1,80}' in/,
  },
  {
    what: 'an error of SQL Server',
    pattern: /Unclosed quotation mark after the character string|Incorrect syntax near '|\bMsg \d{2,5}, Level \d{1,2}/,
  },
  { what: 'an error of Oracle', pattern: /\bORA-\d{5}\b/ },
  {
    what: 'an error of a database driver',
    pattern:
      /SQLSTATE\[|\bQueryFailedError\b|\bSequelize\w{0,40}Error\b|\bPrismaClient\w{1,60}Error\b|Invalid `prisma\.|\bMongoServerError\b|\bBSONError\b|Cast to ObjectId failed|\bsqlalchemy\.exc\./,
  },
  {
    what: 'a statement of SQL',
    pattern:
      /\bSELECT [^\n]{1,300} FROM [\w"`[\].]{1,80}|\bINSERT INTO [\w"`[\].]{1,80} ?\(|\bUPDATE [\w"`[\].]{1,80} SET |\bDELETE FROM [\w"`[\].]{1,80}/,
  },
  {
    what: 'a path of a file of the program',
    pattern:
      /(?<![\w:/.])\/(?:home|usr|var|srv|opt|root|Users|app|workspace|build|code|tmp|mnt)\/(?:[\w.@+-]{1,60}\/){1,20}[\w.@+-]{1,80}\.(?:[cm]?[jt]s|py|rb|php|java|go|cs|ex|rs)\b|(?<![\w:/.])\/(?:[\w.@+-]{1,60}\/){1,20}[\w.@+-]{1,80}\.(?:[cm]?[jt]s|py|rb|php|java|go|cs|ex|rs):\d|\b[A-Z]:\\+(?:[\w .-]{1,60}\\+){2,20}[\w.-]{1,80}\.\w{2,4}\b/,
  },
]

/** What of the inside an error shows; null where it keeps that to itself. */
export function shownInside(answer: Answer): string | null {
  if (answer.status < 400 && !isErrorBody(answer.json)) return null
  const shown = textsOf(answer)
  return SIGNS.find(({ pattern }) => pattern.test(shown))?.what ?? null
}

/** Bounded: a stack begins near the front. */
const textsOf = ({ text }: Answer): string => text.slice(0, 20_000)
