import ts from 'typescript'

const ROOT = `${import.meta.dirname}/../..`

export interface Compiled {
  /** For each snippet its diagnostics in order of their place. */
  readonly diagnostics: ReadonlyMap<string, readonly ts.Diagnostic[]>
  /** How much the compiler worked, whatever the machine. */
  readonly instantiations: number
}

/** Compiles snippets as the repository is compiled, all in one program. */
export function compileSnippets(snippets: Readonly<Record<string, string>>): Compiled {
  const config = ts.readConfigFile(`${ROOT}/tsconfig.json`, ts.sys.readFile).config as { compilerOptions: object }
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...config.compilerOptions, incremental: false, noUnusedLocals: false },
    ROOT,
  )
  const files = new Map(
    Object.entries(snippets).map(([name, text]) => [
      `${import.meta.dirname}/snippet-${name.replaceAll(/\W+/g, '-')}.ts`,
      { name, text },
    ]),
  )
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => files.has(file) || fileExists.call(host, file)
  host.readFile = (file) => files.get(file)?.text ?? readFile.call(host, file)
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const known = files.get(file)
    return known
      ? ts.createSourceFile(file, known.text, languageVersion, true)
      : getSourceFile.call(host, file, languageVersion, ...rest)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  const found = new Map<string, readonly ts.Diagnostic[]>()
  for (const [file, { name }] of files) {
    const source = program.getSourceFile(file)
    const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    found.set(
      name,
      diagnostics.sort((a, b) => (a.start ?? 0) - (b.start ?? 0)),
    )
  }
  return { diagnostics: found, instantiations: program.getInstantiationCount() }
}

/** The first line of the first error, as an editor or `tsc` prints it; empty when there is none. */
export function firstLine(diagnostics: readonly ts.Diagnostic[] | undefined): string {
  const [first] = diagnostics ?? []
  return first === undefined ? '' : (ts.flattenDiagnosticMessageText(first.messageText, '\n').split('\n')[0] ?? '')
}
