/**
 * A strict reader of the XML that has elements, attributes and text: what XML 1.0 calls not well-formed throws.
 * No document types, instructions, comments or CDATA: a report has none.
 */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
}

export function parseXml(source: string): XmlElement {
  // Section 2.2: what may stand in a document at all.
  const foreign = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(source)
  if (foreign) throw new SyntaxError(`U+${foreign[0].codePointAt(0)?.toString(16)} at ${foreign.index}`)
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n'
  if (!source.startsWith(head)) throw new SyntaxError('no declaration')
  const reader = new Reader(source, head.length)
  const root = reader.element()
  if (reader.rest().trim() !== '') throw new SyntaxError('something after the root')
  return root
}

class Reader {
  readonly #source: string
  #at: number
  constructor(source: string, at: number) {
    this.#source = source
    this.#at = at
  }

  rest(): string {
    return this.#source.slice(this.#at)
  }

  element(): XmlElement {
    const open = this.#match(/<([A-Za-z_][\w.-]*)/y)
    const name = open[1] as string
    const attributes: Record<string, string> = {}
    for (
      let pair = this.#try(/\s+([A-Za-z_][\w.-]*)="([^<"]*)"/y);
      pair;
      pair = this.#try(/\s+([A-Za-z_][\w.-]*)="([^<"]*)"/y)
    ) {
      if (Object.hasOwn(attributes, pair[1] as string)) throw new SyntaxError(`${pair[1]} stands twice`)
      attributes[pair[1] as string] = decoded(pair[2] as string)
    }
    if (this.#try(/\s*\/>/y)) return { name, attributes, children: [], text: '' }
    this.#match(/\s*>/y)
    const children: XmlElement[] = []
    let text = ''
    for (;;) {
      const chunk = this.#try(/[^<]+/y)
      if (chunk) {
        if (chunk[0].includes(']]>')) throw new SyntaxError(']]> in text')
        text += decoded(chunk[0])
      }
      if (this.#try(/<\//y)) break
      children.push(this.element())
    }
    if (this.#match(/([A-Za-z_][\w.-]*)\s*>/y)[1] !== name) throw new SyntaxError(`${name} is not closed`)
    return { name, attributes, children, text }
  }

  #try(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#source)
    if (found) this.#at = pattern.lastIndex
    return found
  }

  #match(pattern: RegExp): RegExpExecArray {
    const found = this.#try(pattern)
    if (!found)
      throw new SyntaxError(`${pattern} expected at ${this.#at}: ${this.#source.slice(this.#at, this.#at + 60)}`)
    return found
  }
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function decoded(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (all, name: string) => {
    const number = /^#(\d+)$/.exec(name)
    const known = number ? String.fromCodePoint(Number(number[1])) : NAMED[name]
    if (known === undefined || !all.endsWith(';')) throw new SyntaxError(`${all} is no reference`)
    return known
  })
}
