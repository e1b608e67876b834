// Reads what a page of the documentation refers to: links, headings, and what stands in code.

/** A fence may be longer than three marks, or indented in a list. */
const FENCED = /^[ \t]*(`{3,})[^\n]*\n([^]*?)^[ \t]*\1[ \t]*$/gm;
const SPAN = /(?<!`)`([^`\n]+)`(?!`)/g;
const LINK = /\]\(([^()\s]+)\)/g;
const ELSEWHERE = /^[a-z][a-z0-9+.-]*:/i;

/** @returns links to files of this repository, and to headings, as they are written */
export function findLinks(page: string): readonly string[] {
  const prose = page.replace(FENCED, '').replace(SPAN, '');
  return [...prose.matchAll(LINK)].map(([, target = '']) => target).filter((target) => !ELSEWHERE.test(target));
}

/** @returns the anchors GitHub gives to the headings of a page; a heading that comes again gets a number behind its anchor */
export function findAnchors(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, title = ''] of page.replace(FENCED, '').matchAll(/^#{1,6} (.+)$/gm)) {
    const text = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const plain = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = plain;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${plain}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** @returns what stands in fenced blocks, and what stands between backticks in prose */
export function findCode(page: string): { readonly blocks: readonly string[]; readonly spans: readonly string[] } {
  return {
    blocks: [...page.matchAll(FENCED)].map(([, , text = '']) => text),
    spans: [...page.replace(FENCED, '').matchAll(SPAN)].map(([, text = '']) => text),
  };
}
