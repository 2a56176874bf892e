package canonical

// ChorusScheme returns the ICD code of a type of identifier of Chorus Pro, as its pivot and its API write it, and an empty text
// for a type that is not known.
func ChorusScheme(kind string) string { return chorusSchemes[kind] }

var chorusSchemes = map[string]string{
	"1": "0009", "SIRET": "0009",
	"2": "0223", "UE_HORS_FRANCE": "0223",
	"3": "0227", "HORS_UE": "0227",
	"4": "0228", "RIDET": "0228",
	"5": "0229", "TAHITI": "0229",
	"6": "0226", "AUTRE": "0226", "PARTICULIER": "0226",
}
