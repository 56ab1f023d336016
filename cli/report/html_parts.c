/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the page is made of: its style, and text and figures as they stand in
 * it. Nothing out of a log goes into the page but by html_text.
 */
#include "cli/report/html_parts.h"

#include <stdlib.h>
#include <string.h>

#include "cli/report/chart.h"
#include "cli/report/html_web.h"
#include "cli/text.h"

/* Names are long and rows are not. */
#define NAME_SHOWN 90

const char html_style[] =
	":root{color-scheme:light dark;--bg:#faf9f7;--card:#fff;--ink:#1c2430;"
	"--dim:#667085;--line:#e7e4de;--c1:#8fb4ee;--c2:#2f64c8;--c3:#d4574a;"
	"--c4:#dd9c2c;--c5:#7657c9;--c6:#2c9a86}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#12151b;--card:#1a1f27;"
	"--ink:#e6e9ef;--dim:#98a2b3;--line:#2b323d;--c1:#3f6db5;--c2:#7fb0ff;"
	"--c3:#ef7d70;--c4:#e8b452;--c5:#a58bf0;--c6:#4fc3ad}}\n"
	"body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 "
	"system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}"
	"\nmain{max-width:900px;margin:0 auto;padding:28px 20px 48px}\n"
	"h1{font-size:26px;margin:0;letter-spacing:-.01em}"
	"h2{font-size:17px;margin:0 0 10px}"
	"h3{font-size:13px;margin:14px 0 4px;color:var(--dim);font-weight:600}"
	"\n.when{color:var(--dim);margin:4px 0 20px}\n"
	".fault{border-left:4px solid var(--c3);padding:8px 12px;"
	"background:var(--card);margin:0 0 16px}\n"
	"section{background:var(--card);border:1px solid var(--line);"
	"border-radius:10px;padding:16px 20px;margin:0 0 16px}\n"
	"table{border-collapse:collapse;width:100%}"
	"td,th{padding:4px 10px 4px 0;text-align:left;vertical-align:middle;"
	"font-weight:400;overflow-wrap:anywhere}"
	"th{color:var(--dim);font-size:12px}"
	"tr+tr td{border-top:1px solid var(--line)}"
	".n{text-align:right;white-space:nowrap;"
	"font-variant-numeric:tabular-nums;width:1%}"
	".w{width:34%}\n"
	".tiles{table-layout:fixed;margin:0 0 16px;border-spacing:0}"
	".tiles td{border:0;padding:0 8px 0 0;vertical-align:top}"
	".tiles b{display:block;font-size:25px;font-weight:650;"
	"letter-spacing:-.02em;font-variant-numeric:tabular-nums}"
	".tiles span{color:var(--dim);font-size:13px}\n"
	"svg{display:block;width:100%;height:auto}"
	".bar{height:9px;width:100%}"
	"text{font:12px system-ui,\"DejaVu Sans\",sans-serif}"
	".axis{fill:var(--dim)}.value{fill:var(--ink)}"
	".grid{stroke:var(--line)}.zero{stroke:var(--dim)}"
	"polyline{fill:none;stroke-width:2;stroke-linejoin:round}"
	".area{fill-opacity:.18}\n"
	".c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}"
	".c4{fill:var(--c4)}.c5{fill:var(--c5)}.c6{fill:var(--c6)}"
	".l1{stroke:var(--c1)}.l2{stroke:var(--c2)}.l3{stroke:var(--c3)}"
	".l4{stroke:var(--c4)}.l5{stroke:var(--c5)}.l6{stroke:var(--c6)}"
	".b1{background:var(--c1)}.b2{background:var(--c2)}"
	".b3{background:var(--c3)}.b4{background:var(--c4)}"
	".b5{background:var(--c5)}.b6{background:var(--c6)}\n"
	".legend{color:var(--dim);font-size:13px;margin:6px 0 0}"
	".legend span{margin-right:16px;white-space:nowrap}"
	".legend i{display:inline-block;width:10px;height:10px;"
	"border-radius:2px;margin-right:6px}\n"
	".change{margin:0 0 4px}.none{color:var(--dim);margin:0}"
	"footer{color:var(--dim);font-size:12px}\n"
	/* Telephones: tiles three in a row, charts to be pushed, and of wide
	 * tables what counts most. */
	"@media(max-width:560px){main{padding:16px 10px 32px}"
	"section{padding:12px;overflow-x:auto}"
	".tiles,.tiles tbody,.tiles tr{display:block}"
	".tiles td{display:inline-block;width:32%;box-sizing:border-box;"
	"padding-bottom:8px}.tiles b{font-size:20px;white-space:nowrap}"
	"svg[role]{min-width:600px}.w{width:24%}"
	".n:nth-child(4),.n:nth-child(6){display:none}}\n";

void html_escaped(FILE *to, const char *plain)
{
	for (const char *p = plain; *p; p++)
		switch (*p) {
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '&':
			fputs("&amp;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		default:
			fputc(*p, to);
		}
}

void html_text(FILE *to, struct span text)
{
	size_t n = text.n > NAME_SHOWN ? NAME_SHOWN : text.n;
	char *plain;

	/* Not within a letter. */
	while (n && n < text.n && ((unsigned char)text.at[n] & 0xc0) == 0x80)
		n--;
	plain = text_escape_bytes(text.at, n);
	html_escaped(to, plain);
	if (n < text.n)
		fputs("&hellip;", to);
	free(plain);
}

char *html_bytes(uint64_t bytes, char *text, size_t room)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double v = (double)bytes;
	size_t i = 0;

	while (v >= 1000 && i < 4) {
		v /= 1024;
		i++;
	}
	snprintf(text, room, i && v < 100 ? "%.1f %s" : "%.0f %s", v, units[i]);
	return text;
}

char *html_seconds(double v, char *text, size_t room)
{
	if (v < 60)
		snprintf(text, room, "%.1f s", v);
	else if (v < 3600)
		snprintf(text, room, "%.1f min", v / 60);
	else
		snprintf(text, room, "%.1f h", v / 3600);
	return text;
}

void web_number_cell(const struct web *w, double value)
{
	char text[32];

	fprintf(w->to, "<td class=\"n\">%s</td>",
		chart_number(value, text, sizeof(text)));
}

void web_section_begin(const struct web *w, const char *title)
{
	fprintf(w->to, "<section><h2>%s</h2>\n", title);
}

void web_section_end(const struct web *w)
{
	fputs("</section>\n", w->to);
}

bool web_any(const double *values, size_t n)
{
	while (n)
		if (values[--n] > 0)
			return true;
	return false;
}
