/** Light, dark, or what the system says; kept in a cookie so that the first paint is right. */
export const THEME_COOKIE = 'observatory_theme'
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export function themeOf(text: string | null | undefined): Theme {
  return THEMES.find((theme) => theme === text) ?? 'system'
}

/** The theme that this page shows. */
export function currentTheme(): Theme {
  return themeOf(document.documentElement.dataset.theme)
}

/** Show a theme now, and on every later visit. */
export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  const age = theme === 'system' ? 0 : 365 * 24 * 60 * 60
  document.cookie = `${THEME_COOKIE}=${theme}; Path=/; SameSite=Strict; Max-Age=${age}`
}
