const IRREGULAR: Readonly<Record<string, string>> = {
  people: 'person',
  children: 'child',
  men: 'man',
  women: 'woman',
  indices: 'index',
  matrices: 'matrix',
  statuses: 'status',
  movies: 'movie',
  cookies: 'cookie',
  ties: 'tie',
  pies: 'pie',
}

/** `invoices` → `invoice`, `addresses` → `address`, `categories` → `category`; words that are no plurals stay. */
export function singular(word: string): string {
  const irregular = IRREGULAR[word.toLowerCase()]
  if (irregular !== undefined) return irregular
  if (/(us|is|ss|news|series|species)$/i.test(word)) return word
  if (/[^aeiou]ies$/i.test(word)) return word.replace(/ies$/i, 'y')
  if (/(ss|sh|ch|x|zz)es$/i.test(word)) return word.slice(0, -2)
  return /s$/i.test(word) && word.length > 2 ? word.slice(0, -1) : word
}

/** `line-items`, `line_items`, `LineItems` → `line`, `items`. */
export const wordsOf = (text: string): readonly string[] =>
  text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^a-zA-Z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase())

export const camel = (words: readonly string[]): string =>
  words.map((word, index) => (index === 0 ? word : `${word[0]?.toUpperCase()}${word.slice(1)}`)).join('')

/** How a resource is called by the segment of its collection: `line-items` → `lineItem`. */
export function resourceOfSegment(segment: string): string {
  const words = wordsOf(segment.replace(/\.\w+$/, ''))
  return camel([...words.slice(0, -1), singular(words.at(-1) ?? '')])
}

/** `userId`, `user_id`, `userIds`, `X-User-ID`, `userUuid` → `user`; null for anything else. */
export function resourceInName(name: string): { readonly resource: string; readonly many: boolean } | null {
  const words = wordsOf(
    name
      .replace(/^x-/i, '')
      .replace(/I[Dd]s$/, 'Ids')
      .replace(/ID$/, 'Id'),
  )
  const last = words.at(-1) ?? ''
  if (words.length < 2 || !/^(ids?|uuids?|guids?|slug|ref)$/.test(last)) return null
  return { resource: camel([...words.slice(0, -2), singular(words.at(-2) as string)]), many: last.endsWith('s') }
}

/** Words for the user that calls, or that something belongs to. */
export const isUserWord = (word: string): boolean =>
  /^(user|owner|member|customer|author|person|patient|employee|client|profile|creator|assignee|account ?owner|createdBy|ownedBy)$/i.test(
    word,
  )

/** Words that mean a tenant wherever they stand. */
export const isTenantWord = (word: string): boolean => /^(tenant|org|organi[sz]ation|workspace)$/i.test(word)

/** Words that mean a tenant where other objects stand under it. */
export const mayBeTenantWord = (word: string): boolean =>
  isTenantWord(word) || /^(company|team|account|group|store|shop|space|site|clinic|school)$/i.test(word)

/** Path parameters that choose rather than name an object. */
export const isValueName = (name: string): boolean =>
  /^(year|month|day|date|from|to|start|end|page|offset|limit|query|q|search|term|keyword|type|kind|status|state|lang|language|locale|currency|version|format|ext|extension|size|width|height|lat|lng|lon|latitude|longitude|country|provider|action|scope|period|interval)$/i.test(
    name,
  )

/** `{name}` of a path, in order. */
export const parametersOf = (path: string): readonly string[] =>
  [...path.matchAll(/\{([^{}]{1,200})\}/g)].map(([, name]) => name as string)
