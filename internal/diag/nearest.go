package diag

import (
	"strings"
	"unicode/utf8"
)

// maxNearestRunes bounds the words that Nearest compares: the comparison is quadratic, and no name
// of ours is longer.
const maxNearestRunes = 64

// Nearest gives the candidate that the writer of word most likely meant, or "" when nothing is
// close. Letter case and the difference between "_" and "-" count for nothing; otherwise each
// insertion, deletion, substitution or swap of two neighbours counts one (Damerau-Levenshtein,
// optimal string alignment), and about one fault in three letters is accepted. Of equally near
// candidates the first in alphabetical order wins, so the answer does not depend on their order.
func Nearest(word string, candidates []string) string {
	if utf8.RuneCountInString(word) > maxNearestRunes {
		return ""
	}
	w := fold(word)
	best, bestDistance := "", len(w)/3+1
	for _, c := range candidates {
		if utf8.RuneCountInString(c) > maxNearestRunes || c == word {
			continue
		}
		d := distance(w, fold(c))
		if d < bestDistance || d == bestDistance && best != "" && c < best {
			best, bestDistance = c, d
		}
	}
	return best
}

func fold(s string) []rune {
	return []rune(strings.ReplaceAll(strings.ToLower(s), "_", "-"))
}

// distance counts the edits between two words.
func distance(a, b []rune) int {
	before, last, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
